package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

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
