package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app/internal/check"
)

// Check is one condition of readiness, such as "the database answers".
type Check struct {
	Name    string
	Fn      func(context.Context) error
	Timeout time.Duration // of one call; 0 means 1s
	Keep    time.Duration // for how long an answer counts, good or bad; 0: each probe calls Fn
}

// AddCheck adds a condition of readiness; with fx, AsCheck does. Each probe calls
// it, at the same time as the other checks and never twice at once: probes that
// overlap share its answer. A failing check makes the process unready, never dead.
// A check may be added at any time, and stays; two of the same name are two checks.
// AddCheck does not block.
func (a *App) AddCheck(c Check) {
	if c.Fn == nil {
		a.misuse(fmt.Errorf("check %s has no function", c.Name))
		return
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Second
	}
	r := &a.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check.New(c.Name, c.Fn, c.Timeout, c.Keep))
}

// Health answers the probes of a platform at /livez, /readyz and /startupz, and
// leaves every other request to Next. Each probe may also be mounted by itself,
// under any path. With ?verbose a probe says more. [App.HealthHandler] makes it;
// its fields must not change once it serves.
type Health struct {
	// Live answers 200 as long as the process should be left alone, which includes
	// starting and draining. A supervisor restarts what is not live. Verbose, it
	// says why the process stops and what the stop waits for.
	Live http.Handler
	// Ready answers 200 when the process should get requests: everything has
	// started, no stop has begun, every Check returns nil. Otherwise it answers 503
	// and says why: the hook that the start waits for, the Reason of the stop, the
	// check that failed. Verbose, it lists every check.
	Ready http.Handler
	// Startup answers 503, with what the start waits for, until everything has
	// started, and from then on what Live answers: a probe that has passed once
	// must not restart a process that is merely stopping.
	Startup http.Handler
	// Next answers requests that are not probes; nil answers 404.
	Next http.Handler
}

// HealthHandler returns the probes of this process before next, which may be nil.
// It may be mounted wherever probes come from.
func (a *App) HealthHandler(next http.Handler) *Health {
	if next == nil {
		next = http.NotFoundHandler()
	}
	return &Health{Live: http.HandlerFunc(a.serveLive), Ready: http.HandlerFunc(a.serveReady), Startup: http.HandlerFunc(a.serveStartup), Next: next}
}

// Probe returns the handler of the probe at path, or nil if there is none.
func (h *Health) Probe(path string) http.Handler {
	switch path {
	case "/livez":
		return h.Live
	case "/readyz":
		return h.Ready
	case "/startupz":
		return h.Startup
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if probe := h.Probe(r.URL.Path); probe != nil {
		probe.ServeHTTP(w, r)
		return
	}
	h.Next.ServeHTTP(w, r)
}

func (a *App) serveLive(w http.ResponseWriter, r *http.Request) {
	state, _, text := a.stateText()
	if !r.URL.Query().Has("verbose") {
		text = state.String()
	}
	answerProbe(w, state != StateFailed, text)
}

func (a *App) serveStartup(w http.ResponseWriter, r *http.Request) {
	if closed(a.ready) {
		a.serveLive(w, r)
		return
	}
	a.serveReady(w, r)
}

func (a *App) serveReady(w http.ResponseWriter, r *http.Request) {
	ok, text := a.readiness(r.Context(), r.URL.Query().Has("verbose"))
	answerProbe(w, ok, text)
}

func answerProbe(w http.ResponseWriter, ok bool, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	status := http.StatusOK
	if !ok {
		h.Set("Retry-After", "1")
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// stateText returns the state and, as text, why it is so and what it waits for.
func (a *App) stateText() (state State, stopping bool, text string) {
	state, reason := a.plan.status()
	text = state.String()
	if reason != nil {
		text += ": " + oneLine(reason.Error())
	}
	if waits := a.history.waitingFor(); waits != "" && (state != StateReady || reason != nil) {
		text += "; waiting for " + waits
	}
	return state, reason != nil, text
}

func (a *App) readiness(ctx context.Context, verbose bool) (ok bool, text string) {
	state, stopping, text := a.stateText()
	ok = state == StateReady && !stopping
	if !ok && !verbose {
		return false, text
	}
	a.registry.mu.Lock()
	checks := slices.Clone(a.registry.checks)
	a.registry.mu.Unlock()
	lines := []string{text}
	errs := check.All(ctx, checks)
	red := false
	for i, c := range checks {
		switch {
		case errs[i] != nil:
			red = true
			lines = append(lines, fmt.Sprintf("[-]%s: %s", c.Name, oneLine(errs[i].Error())))
		case verbose:
			lines = append(lines, fmt.Sprintf("[+]%s ok", c.Name))
		}
	}
	if ok && red {
		lines[0] = "not ready"
	}
	return ok && !red, strings.Join(lines, "\n")
}

// Readiness returns what the probe at /readyz answers: whether the process should
// get requests, and if not, why. It calls every Check, so it blocks for as long as
// the slowest may take.
func (w Wiring) Readiness(ctx context.Context) (ok bool, text string) {
	return w.app.readiness(ctx, false)
}
