package main

import (
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

func TestLimitsTakeEffectAtTheNextRequest(t *testing.T) {
	s := newService(t)
	s.Limits = config.Static(Limits{MaxTodos: 1, MaxBody: 100})
	check(t, s.do("POST", "/api/todos", `{"title":"milk"}`), 201, "")
	check(t, s.do("POST", "/api/todos", `{"title":"bread"}`), 409, "limits.max_todos")
	s.Limits = config.Static(Limits{MaxTodos: 2, MaxBody: 100})
	check(t, s.do("POST", "/api/todos", `{"title":"bread"}`), 201, "")
	s.Limits = config.Static(Limits{MaxTodos: 3, MaxBody: 10})
	check(t, s.do("POST", "/api/todos", `{"title":"jam"}`), 413, "larger than 10 bytes")
	s.Limits = config.Static(Limits{MaxTodos: 3, MaxBody: 100, Rate: 1})
	s.do("DELETE", "/api/todos/1", "")
	w := s.do("DELETE", "/api/todos/2", "")
	check(t, w, 429, "limits.rate")
	if got := w.Header().Get("Retry-After"); got != "1" {
		t.Errorf("got Retry-After %q, want 1", got)
	}
	check(t, s.do("GET", "/api/todos", ""), 200, "bread") // reading is free
}

func TestThrottle(t *testing.T) {
	var th throttle
	now := time.Unix(1_000_000, 0)
	for i, tt := range []struct {
		after time.Duration
		rate  int
		want  bool
	}{
		{0, 2, true}, {0, 2, true}, {0, 2, false}, // two at once, no more
		{500 * time.Millisecond, 2, true}, {0, 2, false}, // one more every half second
		{0, 0, true},                                      // switched off
		{time.Hour, 2, true}, {0, 2, true}, {0, 2, false}, // an hour does not save up
		{-time.Minute, 2, false}, {time.Minute, 2, false}, // a clock that was set back gives nothing away
	} {
		now = now.Add(tt.after)
		if got := th.take(now, tt.rate); got != tt.want {
			t.Errorf("step %d: got %v, want %v", i, got, tt.want)
		}
	}
}

func TestABusyDatabaseIsNoMystery(t *testing.T) {
	s := newService(t)
	if _, err := s.Store.write.Exec("PRAGMA busy_timeout = 20"); err != nil {
		t.Fatal(err)
	}
	lock(t, openStoreAt(t, s.Store.path))
	w := s.do("POST", "/api/todos", `{"title":"milk"}`)
	check(t, w, 503, "try again")
	if got := w.Header().Get("Retry-After"); got != "1" {
		t.Errorf("got Retry-After %q, want 1", got)
	}
	check(t, s.do("GET", "/api/todos", ""), 200, "[]") // readers do not wait for the writer
}
