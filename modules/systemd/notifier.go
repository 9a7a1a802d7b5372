package systemd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// ErrNoManager is the error of Store and Remove in a process that no service
// manager watches. It is an errors.ErrUnsupported too.
var ErrNoManager = fmt.Errorf("no service manager (%s is not set): %w", notifySocket, errors.ErrUnsupported)

// Liveness is a program's own condition for feeding the watchdog: nil as long
// as the process should be left alone, an error when it should be killed and
// started again. It must return when ctx ends. It is not readiness: a database
// that is away is no reason to kill every client of it.
type Liveness func(ctx context.Context) error

// Config is what a Notifier needs to know. The zero value is that of a process
// with default budgets.
type Config struct {
	Env   Env
	Start func() time.Duration // budget of the start; nil: that of app.DefaultStart
	Stop  func() time.Duration // budget of the stop; nil: that of app.DefaultStop
	Alive Liveness             // nil: the App's own life is enough
}

// Notifier tells the service manager about the life of one App.
type Notifier struct {
	app      *app.App
	conf     Config
	link     link // nil: there is no manager
	outbox   outbox
	watchdog time.Duration // 0: the manager has none; set for good when the start begins

	mu       sync.Mutex // guards everything below
	stage    stage
	follows  bool // the predecessor of this process lives: it is the service
	since    time.Time
	budget   time.Duration // of the stage, from since on
	running  *app.Request  // the reload that runs
	progress *time.Timer
	pulse    *time.Timer
	ill      bool // the watchdog was not fed the last time
	told     bool // that the manager cannot be reached
}

// stage is what the manager believes the process to be doing.
type stage int

const (
	silent stage = iota // nothing has happened yet
	starting
	serving
	stopping
	replaced // the successor is the service
	ended
)

// Notify makes the service manager follow the life of a. Call it before a
// starts, once. It does not block, and neither does anything it adds to a, but
// for the last step of a process that was replaced, which waits five seconds
// at most until the manager knows the new one. Without NOTIFY_SOCKET, and on
// systems other than Linux, it adds nothing.
func Notify(a *app.App, c Config) *Notifier {
	if c.Start == nil {
		c.Start = func() time.Duration { return app.DefaultStart().Timeout }
	}
	if c.Stop == nil {
		c.Stop = func() time.Duration { return app.DefaultStop().Timeout }
	}
	n := &Notifier{app: a, conf: c}
	if name := c.Env.get(notifySocket); name != "" && supported {
		n.follow(&socket{name: name})
	}
	return n
}

// link is the way to a service manager; see socket.
type link interface {
	send(text string, f *os.File) error
	barrier(ctx context.Context) error
	close()
}

// follow begins to translate the events of the App into messages.
func (n *Notifier) follow(to link) {
	n.link = to
	n.outbox.send = func(text string) error { return to.send(text, nil) }
	n.outbox.failed = n.complain
	n.app.Observe(n.observe)
	n.app.Add(app.Hook{Name: "systemd", StartIn: app.Observe, OnStart: n.begin, StopIn: app.Final, OnStop: n.settle})
}

// begin is the hook of the phase Observe.
func (n *Notifier) begin(context.Context) error {
	if _, err := parseWatchdog(n.conf.Env, true); err != nil {
		n.app.Note(app.Note{Level: slog.LevelWarn, Text: "the watchdog of the service manager will not be fed", Err: err})
	}
	if n.app.Generation() > 1 {
		n.app.Go("systemd: become the service", n.inherit, app.Sole(), app.Optional())
	}
	return nil
}

// barrierTimeout bounds the wait of a process that was replaced.
const barrierTimeout = 5 * time.Second

// settle is the hook of the phase Final. The manager ends a service whose main
// process has left, so one that was replaced stays until it is known that the
// manager has heard of the new main process.
func (n *Notifier) settle(ctx context.Context) error {
	n.mu.Lock()
	replaced := n.stage == replaced
	n.mu.Unlock()
	if !replaced {
		return nil // the last words are still to come
	}
	ctx, cancel := context.WithTimeoutCause(ctx, barrierTimeout, fmt.Errorf("no answer within %v", barrierTimeout))
	defer cancel()
	err := n.outbox.flush(ctx)
	if err == nil {
		err = n.link.barrier(ctx)
	}
	if err != nil {
		n.app.Note(app.Note{Level: slog.LevelWarn, Text: "leaving without knowing that the service manager has heard of the successor", Err: err})
	}
	return nil
}

// Store hands f to the service manager to keep under name, so that the next
// process of the service gets it back, even after a crash: from Inherited.File
// or, for a socket, as the listener called name. The unit needs
// FileDescriptorStoreMax. Store blocks for some seconds at most; f stays the
// caller's. It is not known whether the manager accepted f.
func (n *Notifier) Store(name string, f *os.File) error {
	if err := checkName(name); err != nil {
		return err
	}
	if f == nil {
		return fmt.Errorf("store %q: %w", name, os.ErrInvalid)
	}
	return n.sendNow(lines("FDSTORE=1", "FDNAME="+name), f)
}

// Remove makes the manager forget and close what was stored under name. Like
// Store it blocks for some seconds at most, may be repeated, and does not tell
// whether there was anything. Without a manager both return ErrNoManager.
func (n *Notifier) Remove(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return n.sendNow(lines("FDSTOREREMOVE=1", "FDNAME="+name), nil)
}

func (n *Notifier) sendNow(text string, f *os.File) error {
	if n.link == nil {
		return ErrNoManager
	}
	return n.link.send(text, f)
}

// checkName refuses what the manager would ignore.
func checkName(name string) error {
	ok := name != "" && len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r >= 0x7f || r == ':' })
	if !ok {
		return fmt.Errorf("%q cannot name a descriptor: use 1 to 255 ASCII characters without colons", name)
	}
	return nil
}

// complain says once that the manager cannot be reached.
func (n *Notifier) complain(err error) {
	n.mu.Lock()
	again := n.told || n.stage == ended // Ended is the last event
	n.told = true
	n.mu.Unlock()
	if !again {
		n.app.Note(app.Note{Level: slog.LevelWarn, Text: "the service manager cannot be reached; life goes on without it", Err: err})
	}
}
