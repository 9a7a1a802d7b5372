package systemd

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
)

// Messages that are sent at intervals: what a start or stop waits for, and
// WATCHDOG=1.

const (
	// progressEvery is how often a start or stop reports what it waits for.
	progressEvery = time.Second
	// extendBy is how long the manager then waits for the next report.
	extendBy = 10 * time.Second
	// margin is added for a plan that ends at the very end of its budget.
	margin = time.Second
)

// enter begins a stage that may last for budget; 0 means no limit. Called with
// n.mu held.
func (n *Notifier) enter(s stage, budget time.Duration) {
	n.stage, n.since, n.budget = s, time.Now(), budget
	if budget == 0 {
		stopTimer(n.progress)
		return
	}
	n.rearm(&n.progress, progressEvery, n.proceed)
}

// leave ends the messages at intervals. Called with n.mu held.
func (n *Notifier) leave(s stage) {
	n.stage = s
	stopTimer(n.progress)
	stopTimer(n.watchdogTimer)
}

// rearm calls fn after d; fn calls rearm again. Called with n.mu held.
func (n *Notifier) rearm(t **time.Timer, d time.Duration, fn func()) {
	switch {
	case d <= 0:
	case *t == nil:
		*t = time.AfterFunc(d, fn)
	default:
		(*t).Reset(d)
	}
}

func stopTimer(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// proceed reports what the start or stop waits for, and requests more time.
func (n *Notifier) proceed() {
	text := n.statusText()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stage != starting && n.stage != stopping || n.overdue() {
		return
	}
	if !n.outbox.busy() {
		n.notify(status(text), n.extension())
	}
	n.rearm(&n.progress, progressEvery, n.proceed)
}

// extension returns the request to wait for the next message, whatever the
// manager's timeouts say, but never beyond our budget. It makes no timeout shorter.
func (n *Notifier) extension() string {
	left := n.budget + margin - time.Since(n.since)
	if left <= 0 {
		return ""
	}
	return usec("EXTEND_TIMEOUT_USEC", min(left, extendBy))
}

// overdue reports whether a start or stop has exceeded its budget: the plan ends
// within it, so something hangs that must not. Called with n.mu held.
func (n *Notifier) overdue() bool {
	return (n.stage == starting || n.stage == stopping) && time.Since(n.since) > n.budget+margin
}

// feedWatchdog is called by its timer. A lock of the App that is never released, a
// plan that does not end and a Liveness that hangs keep it from sending.
func (n *Notifier) feedWatchdog() {
	_ = n.app.State()
	err := n.check()
	n.mu.Lock()
	if err == nil && n.overdue() {
		err = fmt.Errorf("the plan has not ended %v after its beginning, although its budget is %v", time.Since(n.since).Round(time.Second), n.budget)
	}
	over := n.stage == replaced || n.stage == ended
	news := err != nil && !n.unhealthy
	n.unhealthy = err != nil
	if !over {
		if err == nil {
			n.outbox.remind(n.watchdogMessage())
		}
		n.rearm(&n.watchdogTimer, n.watchdog/2, n.feedWatchdog)
	}
	n.mu.Unlock()
	if news && !over {
		n.app.Note(app.Note{Level: slog.LevelError, Text: "not alive: the watchdog of the service manager is not fed", Err: err})
	}
}

// check calls the program's Liveness, which has half the time to the next message.
func (n *Notifier) check() error {
	if n.conf.Alive == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), n.watchdog/4)
	defer cancel()
	return guard.Call(func() error { return n.conf.Alive(ctx) })
}

// watchdogMessage returns WATCHDOG=1, or "" without a watchdog.
func (n *Notifier) watchdogMessage() string {
	if n.watchdog == 0 {
		return ""
	}
	return "WATCHDOG=1"
}

// parseWatchdog returns the interval of the watchdog. That of another process does
// not count, unless that process is the predecessor.
func parseWatchdog(e Env, standby bool) (time.Duration, error) {
	if pid := e.get(watchdogPID); pid != "" && !standby && pid != strconv.Itoa(os.Getpid()) {
		return 0, nil
	}
	text := e.get(watchdogUsec)
	if text == "" {
		return 0, nil
	}
	us, err := strconv.ParseUint(text, 10, 64)
	if err != nil || us == 0 || us > math.MaxInt64/uint64(time.Microsecond) {
		return 0, fmt.Errorf("%s=%q is not a time in microseconds", watchdogUsec, text)
	}
	return time.Duration(us) * time.Microsecond, nil
}
