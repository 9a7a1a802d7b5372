package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Check is one condition of readiness, such as "the database answers".
type Check struct {
	Name    string
	Fn      func(context.Context) error
	Timeout time.Duration // of one call; 0 means 1s
}

// AddCheck adds a condition to ReadyHandler. It is called at every probe, at
// the same time as the others; keep it cheap. A failing check makes the
// process unready, never dead.
func (a *App) AddCheck(c Check) {
	if c.Fn == nil {
		a.misuse(fmt.Errorf("check %s has no function", c.Name))
		return
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Second
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.checks = append(a.checks, c)
}

// LiveHandler answers 200 as long as the process should be left alone:
// starting and draining are life too. A supervisor restarts what is not live.
func (a *App) LiveHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		state := a.State()
		status := http.StatusOK
		if state == StateFailed {
			status = http.StatusServiceUnavailable
		}
		answerProbe(w, status, state.String())
	})
}

// ReadyHandler answers 200 when the process should get requests: everything
// has started, no stop has begun, every Check is nil. Otherwise 503 and, in
// words, why: the hook that the start waits for, the Reason of the stop, the
// check that failed. With ?verbose it lists every check.
func (a *App) ReadyHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok, text := a.readiness(r.Context(), r.URL.Query().Has("verbose"))
		if !ok {
			answerProbe(w, http.StatusServiceUnavailable, text)
			return
		}
		answerProbe(w, http.StatusOK, text)
	})
}

// Waiting names what the start or the stop waits for: every function of the
// plan that runs now, such as "resources db.Open (shop/db.go:12)", sorted.
func (a *App) Waiting() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.waiting()
}

// waiting is called with a.mu held.
func (a *App) waiting() (waits []string) {
	for m, now := range a.current {
		waits = append(waits, fmt.Sprintf("%v %s", now.Phase, m.label()))
	}
	slices.Sort(waits)
	return waits
}

func answerProbe(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if status != http.StatusOK {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

func (a *App) readiness(ctx context.Context, verbose bool) (ok bool, text string) {
	a.mu.Lock()
	state, reason, waits := a.state, a.reason, a.waiting()
	checks := slices.Clone(a.checks)
	a.mu.Unlock()

	lines := []string{state.String()}
	ok = state == StateReady && reason == nil
	if reason != nil {
		lines[0] += ": " + reason.Error()
	}
	if len(waits) > 0 && !ok {
		lines[0] += "; waiting for " + strings.Join(waits, ", ")
	}
	if !ok && !verbose {
		return false, lines[0]
	}
	errs := runChecks(ctx, checks)
	for i, c := range checks {
		switch {
		case errs[i] != nil:
			ok = false
			lines = append(lines, fmt.Sprintf("[-]%s: %v", c.Name, errs[i]))
		case verbose:
			lines = append(lines, fmt.Sprintf("[+]%s ok", c.Name))
		}
	}
	if !ok && state == StateReady && reason == nil {
		lines[0] = "not ready"
	}
	return ok, strings.Join(lines, "\n")
}

func atOnce() time.Duration { return 0 }

// runChecks calls all checks at once. A check that does not return in time is
// an error; it is left running, so its context must end it.
func runChecks(ctx context.Context, checks []Check) []error {
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			cctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("no answer within %v", c.Timeout))
			defer cancel()
			errs[i] = run(cctx, c.Fn, atOnce).Err
		})
	}
	all.Wait()
	return errs
}
