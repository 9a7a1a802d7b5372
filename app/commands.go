package app

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// commands is what Do can do.
type commands struct {
	mu       sync.Mutex // guards the maps; it is free while functions run
	handlers map[Command]Handler
	refusals map[Command]func(r Request, why error) any

	busy chan struct{} // holds one token while a command runs
}

func newCommands() commands {
	return commands{
		handlers: map[Command]Handler{},
		refusals: map[Command]func(Request, error) any{},
		busy:     make(chan struct{}, 1),
	}
}

// add makes h the handler of c, unless it is nil. It reports whether c had none.
func (cs *commands) add(c Command, h Handler) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.handlers[c] != nil {
		return false
	}
	if h != nil {
		cs.handlers[c] = h
	}
	return true
}

func (cs *commands) handler(c Command) (Handler, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if h := cs.handlers[c]; h != nil {
		return h, nil
	}
	var known []string
	for _, k := range slices.Sorted(maps.Keys(cs.handlers)) {
		known = append(known, string(k))
	}
	return nil, fmt.Errorf("%s: %w; known here: %s", c, ErrUnhandled, cmp.Or(strings.Join(known, ", "), "none"))
}

// refusalDetail returns the Detail of an answer that refuses r, nil for none.
func (cs *commands) refusalDetail(r Request, why error) any {
	cs.mu.Lock()
	detail := cs.refusals[r.Command]
	cs.mu.Unlock()
	if detail == nil {
		return nil
	}
	return detail(r, why)
}

// CheckHandled returns nil if c has a handler, and else the error with which Do
// would refuse it.
func (w Wiring) CheckHandled(c Command) error {
	_, err := w.app.commands.handler(c)
	return err
}

// SetRefusalDetail makes fn give the Detail of answers to c that were refused and
// have none, usually because the handler did not run: so every caller gets the
// same kind of value. fn must not block, and may be called from several
// goroutines at once. It is for the module that handles c; of two calls the
// later one counts.
func (w Wiring) SetRefusalDetail(c Command, fn func(r Request, why error) any) {
	cs := &w.app.commands
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.refusals[c] = fn
}

// Refuse answers a request that must not even reach Do, such as one that a hook
// of the application has vetoed: every observer of answers, the service manager
// for one, gets it as if Do had refused. why is not nil. It waits as Observe says.
func (w Wiring) Refuse(r Request, why error) Answer {
	ans, _ := w.app.answer(r, time.Now(), Answer{Outcome: OutcomeRefused}, why)
	return ans
}
