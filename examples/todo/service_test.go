package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config"
)

// service is the API as a client sees it.
type service struct {
	*API
	http.Handler
}

func newService(t *testing.T) *service {
	t.Helper()
	a := &API{
		Store:    openStore(t),
		Settings: config.Static(Settings{}),
		Limits:   config.Static(Limits{MaxTodos: 1000, MaxBody: 64 << 10}),
		Status:   func() Status { return Status{Title: "Todo", Generation: 1, PID: 7, Revision: 1} },
		Log:      slog.New(slog.DiscardHandler),
	}
	return &service{a, a.Handler()}
}

// do sends one request; headers are given as "Name: value".
func (s *service) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// check compares status and body; an error must be a problem whose detail contains
// want.
func check(t *testing.T, w *httptest.ResponseRecorder, status int, want string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), want) {
		t.Errorf("got %d %s, want %d with %q", w.Code, w.Body, status, want)
	}
	if w.Code < 400 {
		return
	}
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Title == "" || p.Detail == "" {
		t.Errorf("got %s (%v), want a complete problem", w.Body, err)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("got Content-Type %q, want application/problem+json", got)
	}
}
