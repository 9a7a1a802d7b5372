package main

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

func TestWhatTheOperatorMustKnowStaysInTheLog(t *testing.T) {
	s := newService(t)
	var log strings.Builder
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	w := s.do("GET", "/api/todos", "")
	check(t, w, 500, "the log of the service says why")
	if strings.Contains(w.Body.String(), "closed") || !strings.Contains(log.String(), "database is closed") {
		t.Errorf("got body %s and log %s, want the cause in the log only", w.Body, &log)
	}
}

// The answer to a request that a stop cuts short does not name who stopped the
// service: that is for the log.
func TestCutRequestHidesTheCallerOfTheStop(t *testing.T) {
	s := newService(t)
	s.Settings = config.Static(Settings{SlowEndpoint: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&app.Reason{Kind: app.Requested, By: "admin (uid 0, pid 4711)", Text: "moving out"})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/api/slow?d=1m", nil))
	check(t, w, 503, "the request was cut short, try again")
	for _, secret := range []string{"admin", "4711", "moving out", "context"} {
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("got %s", w.Body)
		}
	}
}

func TestRequestLog(t *testing.T) {
	s := newService(t)
	var log strings.Builder
	h := logged(slog.New(slog.NewTextHandler(&log, nil)), s.Handler)
	server := httptest.NewServer(h)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/api/todos/7")
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	server.Close() // waits for the handler, so the line is written
	for _, want := range []string{"method=GET", "path=/api/todos/7", "status=404", "bytes=", "took="} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got %q, want %s in it", log.String(), want)
		}
	}
}
