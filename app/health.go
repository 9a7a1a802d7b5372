package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// HealthHandler answers /livez, /readyz and /startupz, and leaves every other
// request to next. It may be mounted wherever probes come from.
func (a *App) HealthHandler(next http.Handler) http.Handler {
	probes := map[string]http.Handler{"/livez": a.LiveHandler(), "/readyz": a.ReadyHandler(), "/startupz": a.StartupHandler()}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if probe, ok := probes[r.URL.Path]; ok {
			probe.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// LiveHandler answers 200 as long as the process should be left alone:
// starting and draining are life too. A supervisor restarts what is not live.
// With ?verbose it says why it stops and what it waits for.
func (a *App) LiveHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state, _, text := a.stateText()
		if !r.URL.Query().Has("verbose") {
			text = state.String()
		}
		answerProbe(w, state != StateFailed, text)
	})
}

// StartupHandler answers 503 and what the start waits for until everything has
// started, and from then on what LiveHandler does: a probe that has passed once
// must not restart a process that is merely stopping.
func (a *App) StartupHandler() http.Handler {
	live, ready := a.LiveHandler(), a.ReadyHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-a.ready:
			live.ServeHTTP(w, r)
		default:
			ready.ServeHTTP(w, r)
		}
	})
}

// ReadyHandler answers 200 when the process should get requests: everything
// has started, no stop has begun, every Check is nil. Otherwise 503 and, in
// words, why: the hook that the start waits for, the Reason of the stop, the
// check that failed. With ?verbose it lists every check.
func (a *App) ReadyHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok, text := a.readiness(r.Context(), r.URL.Query().Has("verbose"))
		answerProbe(w, ok, text)
	})
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

// situation is the state and, in words, why and what for.
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
	errs := runChecks(ctx, checks)
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

// Readiness is what ReadyHandler answers, as a value: whether the process
// should get requests, and why not in words. It calls every Check, so it
// blocks for as long as the slowest is allowed to take.
func (w Wiring) Readiness(ctx context.Context) (ok bool, text string) {
	return w.app.readiness(ctx, false)
}
