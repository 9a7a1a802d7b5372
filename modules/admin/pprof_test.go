package admin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	for path, want := range map[string]string{
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile",
		"/debug/pprof/heap":              "\x1f\x8b",
		"/debug/pprof/profile?seconds=1": "\x1f\x8b",
		"/debug/pprof/trace?seconds=1":   "go 1.",
	} {
		if status, body := r.raw(t, "GET", path, "", nil); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: got %d and %d bytes", path, status, len(body))
		}
	}
}

// What the application serves by default must not have profiles in it.
func TestProfilesAreNotOnTheDefaultMux(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/pprof/", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("got %d, want 404", w.Code)
	}
}
