package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Command is something that the process can do while it runs. Signals, the admin
// API, the file watcher and the command line all use Do.
type Command string

// The commands the framework knows. Modules may add their own.
const (
	Reload  Command = "reload"  // read the configuration again
	Upgrade Command = "upgrade" // hand over to a new process
)

// The reasons for which Do refuses. A refused command has changed nothing.
var (
	ErrUnhandled = errors.New("no module handles this command")
	ErrNotReady  = errors.New("the application is still starting")
	ErrStopping  = errors.New("the application is stopping")
	// ErrInside: the caller is a handler. Commands run one at a time, so it would
	// wait for itself.
	ErrInside = errors.New("a command cannot wait for another from inside a command")
	// ErrArgument: the request has an argument that About does not name.
	ErrArgument = errors.New("it has no argument of that name")
)

// Request asks for a command.
type Request struct {
	Command Command
	By      string            // the caller: "SIGHUP", "file change", "admin uid 0"
	Args    map[string]string // of the command; may be nil
}

// Answer is the result of a Request, the same value for every kind of caller.
type Answer struct {
	Command Command       `json:"command"`
	By      string        `json:"by,omitempty"`
	Outcome Outcome       `json:"outcome"`
	Text    string        `json:"text"`             // one line for people
	Detail  any           `json:"detail,omitempty"` // the handler's own value, such as a config.Report; people see its member "text" if there is one
	Took    time.Duration `json:"took_ns"`
}

// Handler carries out a command. ctx ends when the caller gives up or a stop
// begins; for a stop its Cause is the *Reason. A handler that returns an error must
// have changed nothing; an Answer without Outcome is completed from the error. A
// handler must not call Do with ctx, or with a context derived from it: Do refuses
// with ErrInside.
type Handler func(ctx context.Context, r Request) (Answer, error)

// CommandInfo describes a command to operators.
type CommandInfo struct {
	Name  Command `json:"name"`
	Text  string  `json:"text,omitempty"`
	Args  []Arg   `json:"args,omitempty"`
	Loose bool    `json:"loose,omitempty"` // it has no description and takes any argument

	Beside bool `json:"beside,omitempty"` // it runs beside others
	Shows  bool `json:"shows,omitempty"`  // it only shows something, to readers too
}

// Arg is an argument of a command. It may be left out.
type Arg struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// HandleOption is an option of Handle.
type HandleOption func(*CommandInfo)

// About describes a command: what it does, in one line, and which arguments it
// takes. Do refuses any other. Without About a command takes any argument.
func About(text string, args ...Arg) HandleOption {
	return func(i *CommandInfo) { i.Text, i.Args = text, args }
}

// Beside lets a command run while others do, and several times at once. It is for a
// command that only shows something, which is useful just when another takes long.
func Beside() HandleOption { return func(i *CommandInfo) { i.Beside = true } }

// Shows says that a command changes nothing, and that members of admin.readers may
// see what it answers: they may run it. All others are for those who may change
// something.
func Shows() HandleOption { return func(i *CommandInfo) { i.Shows = true } }

// commands has what Do can do.
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

// add makes h the handler of a command, unless h is nil. It reports whether the
// command had none.
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

// beside reports whether the command runs beside others.
func (cs *commands) beside(c Command) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.infos[c].Beside
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
