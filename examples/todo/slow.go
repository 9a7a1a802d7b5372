package main

import (
	"net/http"
	"time"
)

const maxSlow = time.Minute

// slow: GET /api/slow?d=2s answers after that time, so that a drain can be watched.
// It exists only while todo.slow_endpoint is on.
func (a *API) slow(w http.ResponseWriter, r *http.Request) error {
	if !a.Settings.Get().SlowEndpoint {
		return problem(http.StatusNotFound, "todo.slow_endpoint is off")
	}
	d := 2 * time.Second
	if s := r.URL.Query().Get("d"); s != "" {
		var err error
		if d, err = time.ParseDuration(s); err != nil || d < 0 || d > maxSlow {
			return problem(http.StatusBadRequest, "d must be a duration from 0s to %v", maxSlow)
		}
	}
	select {
	case <-time.After(d):
		return reply(w, http.StatusOK, map[string]string{"slept": d.String()})
	case <-r.Context().Done():
		return r.Context().Err()
	}
}
