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

// ErrNoManager is the error of Store and Remove in a process without a service
// manager. It wraps errors.ErrUnsupported.
var ErrNoManager = fmt.Errorf("no service manager (%s is not set): %w", notifySocket, errors.ErrUnsupported)

// Liveness is a program's condition for feeding the watchdog: nil as long as the
// process should go on, an error when it should be killed and restarted. It must
// return when ctx ends. A panic or runtime.Goexit counts as an error. It is not
// readiness: a database that is down is no reason to kill all its clients.
type Liveness func(ctx context.Context) error

// Config configures [Notify]. Its zero value has the default budgets.
type Config struct {
	Env   Env
	Start func() time.Duration // budget of the start; nil: that of app.DefaultStart
	Stop  func() time.Duration // budget of the stop; nil: that of app.DefaultStop
	Alive Liveness             // nil: the App's answer is enough
}

// Notifier reports the states of one App to the service manager.
type Notifier struct {
	app         *app.App
	conf        Config
	managerConn managerConn // nil: there is no manager
	outbox      outbox
	watchdog    time.Duration // 0: the manager has no watchdog; does not change once the start begins

	named chan struct{} // closed when the outbox has the message that names the successor

	mu            sync.Mutex // guards everything below
	stage         stage
	standby       bool // the predecessor is alive, and is the service
	since         time.Time
	budget        time.Duration // of the stage, from since on
	running       *app.Request  // the reload that runs
	progress      *time.Timer
	watchdogTimer *time.Timer
	unhealthy     bool // the watchdog was last not fed
	complained    bool // a note has said that the manager cannot be reached
}

// stage is what the process does, as the manager knows it.
type stage int

const (
	silent stage = iota // nothing has happened yet
	starting
	serving
	stopping
	replaced // the successor is the service
	ended
)

// Notify reports the states of a to the service manager. Call it once, before a
// starts. It does not block, and neither does anything it adds to a, except the
// last step of a process that was replaced, which waits, for five seconds at most,
// until the manager knows the new one. Without NOTIFY_SOCKET, and on systems other
// than Linux, it adds nothing.
func Notify(a *app.App, c Config) *Notifier {
	if c.Start == nil {
		c.Start = func() time.Duration { return app.DefaultStart().Timeout }
	}
	if c.Stop == nil {
		c.Stop = func() time.Duration { return app.DefaultStop().Timeout }
	}
	n := &Notifier{app: a, conf: c}
	if name := c.Env.get(notifySocket); name != "" && supported {
		n.connect(&socket{name: name})
	}
	return n
}

// managerConn is a connection to a service manager; see socket.
type managerConn interface {
	send(text string, f *os.File) error
	barrier(ctx context.Context) error
	close()
}

// connect begins to send the events of the App as messages.
func (n *Notifier) connect(to managerConn) {
	n.managerConn, n.named = to, make(chan struct{})
	n.outbox.send = func(text string) error { return to.send(text, nil) }
	n.outbox.failed = n.complain
	n.app.Observe(n.observe)
	n.app.Add(app.Hook{Name: "systemd", StartIn: app.Observability, OnStart: n.onStart, StopIn: app.Final, OnStop: n.awaitBarrier})
}

// onStart is the hook of the phase Observe.
func (n *Notifier) onStart(context.Context) error {
	if _, err := parseWatchdog(n.conf.Env, true); err != nil {
		n.app.Note(app.Note{Level: slog.LevelWarn, Text: "the watchdog of the service manager will not be fed", Err: err})
	}
	if n.app.Generation() > 1 {
		n.app.Go("systemd: become the service", n.becomeMain, app.Exclusive(), app.Optional())
	}
	return nil
}

// barrierTimeout bounds the wait of a process that was replaced.
const barrierTimeout = 5 * time.Second

// awaitBarrier is the hook of the phase Final. The manager ends a service whose
// main process has exited, so a replaced process stays until the manager has
// confirmed that it knows the new main process.
func (n *Notifier) awaitBarrier(ctx context.Context) error {
	n.mu.Lock()
	standby := n.standby
	n.mu.Unlock()
	if standby || app.ReasonOf(ctx).Kind != app.Replaced {
		return nil // end sends the last status
	}
	ctx, cancel := context.WithTimeoutCause(ctx, barrierTimeout, fmt.Errorf("no answer within %v", barrierTimeout))
	defer cancel()
	select {
	case <-n.named: // a hurried stop does not wait for events
	case <-ctx.Done():
	}
	err := n.outbox.flush(ctx)
	if err == nil {
		err = n.managerConn.barrier(ctx)
	}
	if err != nil {
		n.app.Note(app.Note{Level: slog.LevelWarn, Text: "exiting before the service manager has confirmed the successor", Err: err})
	}
	return nil
}

// Store gives f to the service manager to keep under name. The next process of the
// service gets it back, even after a crash: from Inherited.File or, for a socket,
// as the listener called name. The unit needs FileDescriptorStoreMax. Store blocks
// for some seconds at most; f still belongs to the caller. Success does not mean
// that the manager accepted f.
func (n *Notifier) Store(name string, f *os.File) error {
	if err := checkName(name); err != nil {
		return err
	}
	if f == nil {
		return fmt.Errorf("store %q: %w", name, os.ErrInvalid)
	}
	return n.sendNow(lines("FDSTORE=1", "FDNAME="+name), f)
}

// Remove makes the manager close what was stored under name. Like Store it blocks
// for some seconds at most, may be called again, and does not report whether there
// was anything. Without a manager both return ErrNoManager.
func (n *Notifier) Remove(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return n.sendNow(lines("FDSTOREREMOVE=1", "FDNAME="+name), nil)
}

func (n *Notifier) sendNow(text string, f *os.File) error {
	if n.managerConn == nil {
		return ErrNoManager
	}
	return n.managerConn.send(text, f)
}

// checkName returns an error for a name that the manager would ignore.
func checkName(name string) error {
	ok := name != "" && len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r >= 0x7f || r == ':' })
	if !ok {
		return fmt.Errorf("%q cannot name a descriptor: use 1 to 255 ASCII characters without colons", name)
	}
	return nil
}

// complain reports, once, that the manager cannot be reached.
func (n *Notifier) complain(err error) {
	n.mu.Lock()
	again := n.complained || n.stage == ended // Ended is the last event
	n.complained = true
	n.mu.Unlock()
	if !again {
		n.app.Note(app.Note{Level: slog.LevelWarn, Text: "the service manager cannot be reached; the process goes on without it", Err: err})
	}
}
