package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
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

func TestTheLifeOfATodo(t *testing.T) {
	s := newService(t)
	check(t, s.do("GET", "/api/todos", ""), 200, "[]\n")

	w := s.do("POST", "/api/todos", `{"title":" milk "}`)
	check(t, w, 201, `{"id":1,"title":"milk","done":false,"version":1}`)
	if got, want := w.Header().Get("Location"), "/api/todos/1"; got != want {
		t.Errorf("got Location %q, want %q", got, want)
	}
	check(t, s.do("GET", "/api/todos/1", ""), 200, `"milk"`)
	check(t, s.do("PATCH", "/api/todos/1", `{"done":true}`), 200, `"title":"milk","done":true,"version":2`)
	check(t, s.do("PATCH", "/api/todos/1", `{"title":"oat milk"}`), 200, `"title":"oat milk","done":true,"version":3`)
	check(t, s.do("GET", "/api/todos?done=true", ""), 200, "oat milk")
	check(t, s.do("GET", "/api/todos?done=false", ""), 200, "[]\n")
	check(t, s.do("DELETE", "/api/todos/1", ""), 204, "")
	check(t, s.do("GET", "/api/todos/1", ""), 404, "no such todo")
	check(t, s.do("PATCH", "/api/todos/1", `{"done":true}`), 404, "no such todo")
	check(t, s.do("DELETE", "/api/todos/1", ""), 404, "no such todo")
}

func TestBadRequests(t *testing.T) {
	s := newService(t)
	add(t, s.Store, "milk")
	huge := `{"title":"` + strings.Repeat("x", 70_000) + `"}`
	for _, tt := range []struct {
		method, path, body string
		header             string
		status             int
		want               string
	}{
		{"POST", "/api/todos", "", "Content-Type: application/json", 400, "the body is empty"},
		{"POST", "/api/todos", " \n", "", 400, "the body is empty"},
		{"POST", "/api/todos", "milk", "", 400, "not what is expected"},
		{"POST", "/api/todos", `{"title":`, "", 400, "not what is expected"},
		{"POST", "/api/todos", `{"title":7}`, "", 400, "not what is expected"},
		{"POST", "/api/todos", `["milk"]`, "", 400, "not what is expected"},
		{"POST", "/api/todos", `{"title":"milk","colour":"red"}`, "", 400, `unknown field \"colour\"`},
		{"POST", "/api/todos", `{"title":"milk","id":7}`, "", 400, `unknown field \"id\"`},
		{"POST", "/api/todos", `{"title":"milk"}{}`, "", 400, "something after"},
		{"POST", "/api/todos", "{\"title\":\"\xff\"}", "", 400, "UTF-8"},
		{"POST", "/api/todos", huge, "", 413, "larger than 65536 bytes"},
		{"POST", "/api/todos", `{"title":"milk"}`, "Content-Type: text/plain", 415, "application/json"},
		{"POST", "/api/todos", `{"title":"milk"}`, "Content-Type: application/x-www-form-urlencoded", 415, "application/json"},
		{"POST", "/api/todos", `{"title":"milk"}`, "Content-Type: ;", 415, "application/json"},
		{"POST", "/api/todos", `{}`, "", 422, "title is empty"},
		{"POST", "/api/todos", `{"title":" \t"}`, "", 422, "title is empty"},
		{"POST", "/api/todos", `null`, "", 422, "title is empty"},
		{"POST", "/api/todos", `{"title":"a\u0000b"}`, "", 422, "control characters"},
		{"POST", "/api/todos", `{"title":"a\nb"}`, "", 422, "control characters"},
		{"POST", "/api/todos", `{"title":"` + strings.Repeat("ä", 201) + `"}`, "", 422, "201 characters"},
		{"POST", "/api/todos", `{"title":"milk"}`, "Idempotency-Key: " + strings.Repeat("k", 201), 400, "longer than 200"},
		{"POST", "/api/todos", `{"title":"milk"}`, "Sec-Fetch-Site: cross-site", 403, "another site"},
		{"PATCH", "/api/todos/1", `{}`, "", 422, "nothing to change"},
		{"PATCH", "/api/todos/1", `{"title":""}`, "", 422, "title is empty"},
		{"PATCH", "/api/todos/1", `{"done":"yes"}`, "", 400, "not what is expected"},
		{"PATCH", "/api/todos/1", `{"version":9}`, "", 400, "unknown field"},
		{"PATCH", "/api/todos/1", `{"done":true}`, `If-Match: "7"`, 412, `its ETag is now \"1\"`},
		{"PATCH", "/api/todos/1", `{"done":true}`, `If-Match: W/"1"`, 412, "was changed"},
		{"DELETE", "/api/todos/1", "", `If-Match: "7"`, 412, "was changed"},
		{"GET", "/api/todos/0", "", "", 400, "positive number"},
		{"GET", "/api/todos/-1", "", "", 400, "positive number"},
		{"GET", "/api/todos/milk", "", "", 400, "positive number"},
		{"GET", "/api/todos/1.5", "", "", 400, "positive number"},
		{"GET", "/api/todos/99999999999999999999", "", "", 400, "positive number"},
		{"DELETE", "/api/todos/%27%20OR%201=1", "", "", 400, "positive number"},
		{"GET", "/api/todos/9223372036854775807", "", "", 404, "no such todo"},
		{"GET", "/api/todos/1/x", "", "", 404, "nothing at this path"},
		{"GET", "/nowhere", "", "", 404, "nothing at this path"},
		{"PUT", "/api/todos/1", `{}`, "", 405, "DELETE, GET, HEAD, PATCH"},
		{"DELETE", "/api/todos", "", "", 405, "GET, HEAD, POST"},
		{"GET", "/api/todos?limit=0", "", "", 400, "limit must be"},
		{"GET", "/api/todos?limit=501", "", "", 400, "limit must be"},
		{"GET", "/api/todos?limit=ten", "", "", 400, "limit must be"},
		{"GET", "/api/todos?before=0", "", "", 400, "before must be"},
		{"GET", "/api/todos?before=x", "", "", 400, "before must be"},
		{"GET", "/api/todos?done=maybe", "", "", 400, "done must be"},
		{"GET", "/api/slow", "", "", 404, "slow_endpoint is off"},
	} {
		t.Run(fmt.Sprintf("%s %s %.20s %s", tt.method, tt.path, tt.body, tt.header), func(t *testing.T) {
			var headers []string
			if tt.header != "" {
				headers = append(headers, tt.header)
			}
			check(t, s.do(tt.method, tt.path, tt.body, headers...), tt.status, tt.want)
		})
	}
	check(t, s.do("GET", "/api/todos", ""), 200, `[{"id":1,"title":"milk","done":false,"version":1}]`) // nothing has changed
}

func TestTitlesOfTheGreatestLengthAndOfAnyScript(t *testing.T) {
	s := newService(t)
	for _, title := range []string{strings.Repeat("ä", 200), "牛乳 🥛", `<img src=x onerror="alert(1)">`, "'); DROP TABLE todos; --"} {
		body, _ := json.Marshal(Draft{Title: title})
		w := s.do("POST", "/api/todos", string(body))
		var got Todo
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Title != title {
			t.Errorf("got %d %s, want the title %q back", w.Code, w.Body, title)
		}
	}
}

func TestPagesFollowTheLink(t *testing.T) {
	s := newService(t)
	for i := range 5 {
		add(t, s.Store, fmt.Sprint(i))
	}
	var got []int64
	next := "/api/todos?limit=2&done=false"
	for next != "" {
		w := s.do("GET", next, "")
		var todos []Todo
		if err := json.Unmarshal(w.Body.Bytes(), &todos); err != nil {
			t.Fatalf("%s: %d %s: %v", next, w.Code, w.Body, err)
		}
		for _, todo := range todos {
			got = append(got, todo.ID)
		}
		next, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	}
	if got, want := fmt.Sprint(got), "[5 4 3 2 1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := newService(t)
	first := s.do("POST", "/api/todos", `{"title":"milk"}`, "Idempotency-Key: k")
	second := s.do("POST", "/api/todos", `{"title":"milk"}`, "Idempotency-Key: k")
	check(t, second, 201, first.Body.String())
	if got := second.Header().Get("Idempotency-Replayed"); got != "true" {
		t.Errorf("got Idempotency-Replayed %q, want true", got)
	}
	check(t, s.do("POST", "/api/todos", `{"title":"bread"}`, "Idempotency-Key: k"), 422, "different request")
	check(t, s.do("GET", "/api/todos", ""), 200, `[{"id":1,`)
}

func TestIfMatch(t *testing.T) {
	s := newService(t)
	tag := s.do("POST", "/api/todos", `{"title":"milk"}`).Header().Get("ETag")
	w := s.do("PATCH", "/api/todos/1", `{"done":true}`, "If-Match: "+tag)
	check(t, w, 200, `"version":2`)
	check(t, s.do("PATCH", "/api/todos/1", `{"done":false}`, "If-Match: "+tag), 412, "was changed")
	check(t, s.do("PATCH", "/api/todos/1", `{"done":false}`, "If-Match: *"), 200, `"version":3`)
	check(t, s.do("DELETE", "/api/todos/1", "", `If-Match: "1", "3"`), 204, "")
}

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

func TestSlow(t *testing.T) {
	s := newService(t)
	s.Settings = config.Static(Settings{SlowEndpoint: true})
	for _, d := range []string{"x", "-1s", "61s", "10"} {
		check(t, s.do("GET", "/api/slow?d="+d, ""), 400, "d must be a duration")
	}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		check(t, s.do("GET", "/api/slow?d=2s", ""), 200, `"slept":"2s"`)
		if got, want := time.Since(begin), 2*time.Second; got != want {
			t.Errorf("took %v, want %v", got, want)
		}
	})
}

// The answer to a request that a stop cuts short does not name who stopped the
// service: that is for the log.
func TestCutRequestDoesNotSayWhoStoppedTheService(t *testing.T) {
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

func TestThePage(t *testing.T) {
	s := newService(t)
	for path, kind := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/app.css": "text/css"} {
		w := s.do("GET", path, "")
		if got := w.Header().Get("Content-Type"); w.Code != 200 || !strings.HasPrefix(got, kind) {
			t.Errorf("%s: got %d, %q, want 200, %q", path, w.Code, got, kind)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
			t.Errorf("%s: got policy %q", path, got)
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
