package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// The events of the App as messages to the manager. The App calls observe with one
// event at a time.

func (n *Notifier) observe(e app.Event) {
	switch e := e.(type) {
	case app.StateChanged:
		n.stateChanged(e.To)
	case app.StopRequested:
		if e.First {
			n.stop(e.Reason)
		}
	case app.CommandBegan:
		n.commandBegan(e.Request)
	case app.CommandEnded:
		n.commandEnded(e.Answer, e.Err)
	case app.SuccessorCommitted:
		n.committed(e.PID)
	case app.Ended:
		n.end(e.Report)
	}
}

func (n *Notifier) stateChanged(to app.State) {
	text := n.statusText()
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case to == app.StateStarting:
		n.standby = n.app.Generation() > 1
		n.watchdog, _ = parseWatchdog(n.conf.Env, n.standby)
		n.enter(starting, n.conf.Start())
		n.rearm(&n.watchdogTimer, n.watchdog/2, n.feedWatchdog)
		n.notify(status(text), n.extension())
	case to == app.StateReady:
		n.enter(serving, 0)
		n.notify(n.readiness(text))
	case n.stage == stopping && to < app.StateStopped: // after that, end sends the last status
		n.notify(status(text), n.extension())
	}
}

func (n *Notifier) stop(r *app.Reason) {
	text := n.statusText()
	n.mu.Lock()
	defer n.mu.Unlock()
	if r.Kind == app.Replaced {
		n.leave(replaced) // the service goes on
		return
	}
	n.enter(stopping, n.conf.Stop())
	n.notify("STOPPING=1", status(text), n.extension())
}

// To the manager an upgrade is a reload: it may have requested the upgrade with the
// very signal that it sends for a reload.
func isReload(c app.Command) bool { return c == app.Reload || c == app.Upgrade }

func (n *Notifier) commandBegan(r app.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !isReload(r.Command) || n.stage != serving {
		return
	}
	n.running = &r
	n.outbox.put(reloading(fmt.Sprintf("%s began (%s)", r.Command, r.By)))
}

// commandEnded sends READY=1 whatever the outcome of a reload, even if it was
// refused before it began: a manager that has requested it is waiting.
func (n *Notifier) commandEnded(a app.Answer, err error) {
	if !isReload(a.Command) {
		return
	}
	state := n.statusText()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stage != serving {
		return
	}
	text := fmt.Sprintf("%s; %s %s (%s): %s", state, a.Command, a.Outcome, a.By, a.Text)
	if r := n.running; r != nil {
		if neverBegan(err) || r.Command != a.Command || r.By != a.By {
			return // the reload that runs will end with READY=1
		}
		n.running = nil
	} else {
		n.outbox.put(reloading(text))
	}
	n.outbox.put(lines("READY=1", status(text)))
}

func neverBegan(err error) bool {
	return errors.Is(err, app.ErrUnhandled) || errors.Is(err, app.ErrNotReady) || errors.Is(err, app.ErrStopping)
}

// committed names the successor as the main process. WATCHDOG=1 gives the successor
// a whole interval for its own first one.
func (n *Notifier) committed(pid int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stage == ended {
		return
	}
	n.leave(replaced)
	n.outbox.put(lines(mainPID(pid), "READY=1", n.watchdogMessage(), status(fmt.Sprintf("ready: handed over to process %d", pid))))
	select {
	case <-n.named: // a second one
	default:
		close(n.named)
	}
}

// end sends the last status. The process exits next, so end waits until the status
// is sent, for a second at most.
func (n *Notifier) end(report app.Report) {
	n.mu.Lock()
	if n.stage != replaced {
		errno := ""
		if r := report.Reason; r != nil && report.Code != 0 {
			if number := errnoOf(r); number != 0 {
				errno = "ERRNO=" + strconv.Itoa(number)
			}
		}
		n.notify(status(report.String()), errno)
	}
	n.leave(ended)
	n.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = n.outbox.flush(ctx)
	n.outbox.close()
	n.managerConn.close()
}

// becomeMain is a task that runs when the predecessor has ended and this process is
// the service.
func (n *Notifier) becomeMain(context.Context) error {
	text := n.statusText()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.standby = false
	if n.stage == serving {
		n.notify(n.readiness(text))
	}
	return nil
}

// readiness returns READY=1 with its status. A successor names itself as the main
// process as well, in case its predecessor could not.
func (n *Notifier) readiness(text string) string {
	main := ""
	if n.app.Generation() > 1 {
		main = mainPID(os.Getpid())
	}
	return lines(main, "READY=1", status(text))
}

// notify sends one message about the service, unless another process is the
// service. Called with n.mu held.
func (n *Notifier) notify(assignments ...string) {
	if !n.standby {
		n.outbox.put(lines(assignments...))
	}
}
