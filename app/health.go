package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

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
	state, reason := a.state, a.reason
	checks := slices.Clone(a.checks)
	a.mu.Unlock()

	lines := []string{state.String()}
	ok = state == StateReady && reason == nil
	if reason != nil {
		lines[0] += ": " + reason.Error()
	}
	if waits := a.waitingFor(); waits != "" && !ok {
		lines[0] += "; waiting for " + waits
	}
	if !ok && !verbose {
		return false, lines[0]
	}
	errs := runChecks(ctx, checks)
	for i, c := range checks {
		switch {
		case errs[i] != nil:
			ok = false
			lines = append(lines, fmt.Sprintf("[-]%s: %s", c.Name, oneLine(errs[i].Error())))
		case verbose:
			lines = append(lines, fmt.Sprintf("[+]%s ok", c.Name))
		}
	}
	if !ok && state == StateReady && reason == nil {
		lines[0] = "not ready"
	}
	return ok, strings.Join(lines, "\n")
}

// Readiness is what ReadyHandler answers, as a value: whether the process
// should get requests, and why not in words. It calls every Check, so it
// blocks for as long as the slowest is allowed to take.
func (a *App) Readiness(ctx context.Context) (ok bool, text string) { return a.readiness(ctx, false) }
