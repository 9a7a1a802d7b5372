package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// serve serves until the test ends and its streams, which hang on its context, with
// it.
func serve(t *testing.T, h http.Handler) *httptest.Server {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// client keeps no connection open, so that nothing is left of it when a test ends.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// listen connects to the stream, optionally where another connection left off.
func listen(t *testing.T, url, lastEventID string) *bufio.Scanner {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if got, want := resp.Header.Get("Content-Type"), "text/event-stream"; got != want {
		t.Fatalf("got Content-Type %q, want %q", got, want)
	}
	events := bufio.NewScanner(resp.Body)
	events.Split(func(data []byte, end bool) (int, []byte, error) { // an event ends with an empty line
		if before, _, ok := strings.Cut(string(data), "\n\n"); ok {
			return len(before) + 2, []byte(before), nil
		}
		return 0, nil, nil
	})
	return events
}

func expectEvents(t *testing.T, events *bufio.Scanner, want ...string) {
	t.Helper()
	for _, want := range want {
		if !events.Scan() {
			t.Fatalf("the stream ended (%v), want %q", events.Err(), want)
		}
		if got := strings.ReplaceAll(events.Text(), "\n", " "); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

const hello = `event: status data: {"title":"Todo","generation":1,"pid":7,"revision":1}`

func TestEvents(t *testing.T) {
	s := newService(t)
	server := serve(t, s)
	add(t, s.Store, "before")

	events := listen(t, server.URL, "")
	expectEvents(t, events, "retry: 200", "id: 1 event: reset data: {}", hello)

	s.do("POST", "/api/todos", `{"title":"<b>\u2028milk"}`)
	expectEvents(t, events, `id: 2 event: created data: {"id":2,"title":"<b>`+"\u2028"+`milk","done":false,"version":1}`)
	s.do("PATCH", "/api/todos/2", `{"done":true}`)
	expectEvents(t, events, `id: 3 event: changed data: {"id":2,"title":"<b>`+"\u2028"+`milk","done":true,"version":2}`)
	s.do("DELETE", "/api/todos/2", "")
	expectEvents(t, events, `id: 4 event: deleted data: {"id":2,"title":"<b>`+"\u2028"+`milk","done":true,"version":2}`)

	// Another process writes: no bell rings here.
	add(t, openStoreAt(t, s.Store.path), "from next door")
	expectEvents(t, events, `id: 5 event: created data: {"id":3,"title":"from next door","done":false,"version":1}`)
}

func TestTheHeadOfAStreamEnds(t *testing.T) {
	if w := newService(t).do("HEAD", "/api/events", ""); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("got %d %q, want 200 and nothing", w.Code, w.Body)
	}
}

func TestResumeMissesNothing(t *testing.T) {
	s := newService(t)
	server := serve(t, s)
	const n = 2*batch + 3
	for i := range n {
		add(t, s.Store, fmt.Sprint(i))
	}
	events := listen(t, server.URL, "1")
	expectEvents(t, events, "retry: 200", hello)
	for seq := 2; seq <= n; seq++ {
		expectEvents(t, events, fmt.Sprintf(`id: %d event: created data: {"id":%d,"title":"%d","done":false,"version":1}`, seq, seq, seq-1))
	}
}

func TestAPositionThatIsNotKeptIsReset(t *testing.T) {
	s := newService(t)
	server := serve(t, s)
	for range 5 {
		add(t, s.Store, "milk")
	}
	if _, err := s.Store.write.Exec("DELETE FROM changes WHERE seq < 3"); err != nil {
		t.Fatal(err)
	}
	for id, reset := range map[string]bool{
		"1": true, "2": false, "5": false,
		"6": true, // the database was replaced by an older one
		"0": true, "-3": true, "x": true, "99999999999999999999": true,
	} {
		events := listen(t, server.URL, id)
		expectEvents(t, events, "retry: 200")
		events.Scan()
		if got := strings.Contains(events.Text(), "event: reset"); got != reset {
			t.Errorf("Last-Event-ID %s: got %q, want a reset: %v", id, events.Text(), reset)
		}
	}
	if _, err := s.Store.write.Exec("DELETE FROM changes"); err != nil {
		t.Fatal(err)
	}
	if newest, kept, err := s.Store.Position(t.Context(), 5); newest != 5 || !kept || err != nil {
		t.Errorf("no change left: got %d, %v, %v, want 5, true", newest, kept, err)
	}
}

func TestAStreamSaysGoodbyeWhenTheServiceDrains(t *testing.T) {
	s := newService(t)
	a := app.New("todo")
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r.WithContext(a.Wiring().WithDraining(r.Context())))
	}))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	events := listen(t, server.URL, "")
	expectEvents(t, events, "retry: 200", "id: 0 event: reset data: {}", hello)
	a.Stop(app.Reason{Kind: app.Requested, By: "test"})
	expectEvents(t, events, "event: draining data: {}")
	if events.Scan() {
		t.Errorf("got %q after the last event", events.Text())
	}
	if _, err := a.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAReloadIsSeenInTheStream(t *testing.T) {
	s := newService(t)
	title := make(chan string, 1)
	now := "Todo"
	s.Status = func() Status {
		select {
		case now = <-title:
		default:
		}
		return Status{Title: now, Generation: 1, PID: 7, Revision: 1}
	}
	server := serve(t, s)
	events := listen(t, server.URL, "")
	expectEvents(t, events, "retry: 200", "id: 0 event: reset data: {}", hello)
	title <- "Groceries"
	expectEvents(t, events, strings.Replace(hello, "Todo", "Groceries", 1))
}
