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
	infos    map[Command]CommandInfo
	refusals map[Command]func(r Request, why error) any

	busy chan struct{} // holds one token while a command runs
}

func newCommands() commands {
	return commands{
		handlers: map[Command]Handler{},
		infos:    map[Command]CommandInfo{},
		refusals: map[Command]func(Request, error) any{},
		busy:     make(chan struct{}, 1),
	}
}

// CommandInfo describes a command to operators.
type CommandInfo struct {
	Name  Command `json:"name"`
	Text  string  `json:"text,omitempty"`
	Args  []Arg   `json:"args,omitempty"`
	Loose bool    `json:"loose,omitempty"` // nothing describes it, and it takes any argument
}

// Arg is an argument of a command. It may be left out.
type Arg struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// HandleOption is an option of Handle.
type HandleOption func(*CommandInfo)

// About describes a command: what it does, in one line, and which arguments it
// takes. Do refuses others. Without About a command takes any.
func About(text string, args ...Arg) HandleOption {
	return func(i *CommandInfo) { i.Text, i.Args = text, args }
}

// add makes h the handler of a command, unless it is nil. It reports whether that
// had none.
func (cs *commands) add(i CommandInfo, h Handler) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.handlers[i.Name] != nil {
		return false
	}
	if h != nil {
		i.Loose = i.Text == "" && i.Args == nil
		cs.handlers[i.Name], cs.infos[i.Name] = h, i
	}
	return true
}

// checkArgs refuses arguments that the command does not take.
func (cs *commands) checkArgs(r Request) error {
	cs.mu.Lock()
	info := cs.infos[r.Command]
	cs.mu.Unlock()
	if info.Loose {
		return nil
	}
	var known []string
	for _, a := range info.Args {
		known = append(known, a.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Args)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s %s: %w; it takes %s", r.Command, name, ErrArgument, cmp.Or(strings.Join(known, ", "), "none"))
		}
	}
	return nil
}

// Commands returns what Do can do, by name.
func (w Wiring) Commands() (all []CommandInfo) {
	cs := &w.app.commands
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(cs.infos)) {
		all = append(all, cs.infos[name])
	}
	return all
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
