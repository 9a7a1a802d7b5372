package httpserver

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// A successor of an older release does not support it: the handler is not asked to
// leave before the stop, and is awaited.
func TestResponseStaysWhereTheSuccessorDoesNotKnowHow(t *testing.T) {
	old, _, way := keptPair(t, stepped("old", "x", func(http.ResponseWriter, *Passage) { t.Error("moves") }), who("new"))
	way.takes = false
	c := old.dial()
	c.send(getRequest)
	body := c.body()
	wantLine(t, body, "old false")
	moveKept(t, old, way)
	wantStayed(t, old, "unsupported")
	old.stop(app.Reason{Kind: app.Replaced})
	wantLine(t, body, "goodbye")
	if got := old.wait().Counts(); got["cut"] != 0 {
		t.Errorf("got %v", got)
	}
}

// A state above the limit causes a warning. The response ends here like any other.
func TestStateThatIsTooLongStaysAndIsWarnedOf(t *testing.T) {
	old, _, way := keptPair(t, stepped("old", strings.Repeat("x", 64<<10+1), nil), who("new"))
	c := old.dial()
	c.send(getRequest)
	body := c.body()
	wantLine(t, body, "old false")
	moveKept(t, old, way)
	if rest, err := io.ReadAll(body); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v", rest, err)
	}
	wantStayed(t, old, "state_too_large")
	old.mu.Lock()
	defer old.mu.Unlock()
	if len(old.notes) != 1 || !strings.Contains(old.notes[0].Text, "more than can go with it") {
		t.Errorf("noted %v", old.notes)
	}
}

// A response with a Content-Length ends where it began, and so does one whose
// handler panics when it is to leave.
func TestResponsesThatDoNotMove(t *testing.T) {
	old, _, way := keptPair(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "ab")
		_ = http.NewResponseController(w).Flush()
		<-p.Moving()
		_, _ = io.WriteString(w, "cd")
		p.Leave(nil)
		if r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
	}), who("new"))
	whole, broken := old.dial(), old.dial()
	whole.send(getRequest)
	broken.send("GET /panic HTTP/1.1\r\nHost: test\r\n\r\n")
	a, b := whole.body(), broken.body()
	first := make([]byte, 2)
	for _, r := range []io.Reader{a, b} {
		if _, err := io.ReadFull(r, first); err != nil {
			t.Fatal(err)
		}
	}
	moveKept(t, old, way)
	if rest, err := io.ReadAll(a); string(rest) != "cd" || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
	_, _ = io.ReadAll(b)
	wantStayed(t, old, "content_length", "panic")
}

// A stream that ends in order although it could have moved is counted.
func TestResponseThatEndsInsteadOfLeavingIsCounted(t *testing.T) {
	old, _, way := keptPair(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		_ = http.NewResponseController(w).Flush()
		<-p.Moving()
	}), who("new"))
	c := old.dial()
	c.send(getRequest)
	body := c.body()
	moveKept(t, old, way)
	if _, err := io.ReadAll(body); err != nil {
		t.Error(err)
	}
	wantStayed(t, old, "not_left")
}

// A response whose handler never leaves is cut at the end of the stop, and counted.
func TestResponseThatNeverLeavesIsCut(t *testing.T) {
	stay := make(chan struct{})
	defer close(stay)
	old, _, way := keptPair(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Keep(r)
		_ = http.NewResponseController(w).Flush()
		<-stay
	}), who("new"), stopTimeout(patience/30))
	c := old.dial()
	c.send(getRequest)
	body := c.body()
	moveKept(t, old, way)
	old.stop(app.Reason{Kind: app.Replaced})
	if _, err := io.ReadAll(body); err == nil {
		t.Error("the response has an end")
	}
	old.wantCut(1)
	wantStayed(t, old, "busy")
}

// wantStayed checks that one connection stayed for each of these reasons, and none
// moved.
func wantStayed(t *testing.T, r *rig, reasons ...string) {
	t.Helper()
	want := app.Kept{Stayed: map[string]int{}}
	for _, reason := range reasons {
		want.Stayed[reason]++
		r.metric(t, "http_kept_stayed_total", reason, 1)
	}
	if got := r.server.Kept(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// If a handler leaves although nothing moves, its response ends.
func TestLeaveWithoutAMoveEndsTheResponse(t *testing.T) {
	var calls atomic.Int64
	s := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		p := Keep(r)
		fmt.Fprintf(w, "%v", p.Resumed())
		p.Leave([]byte("x"))
	}))
	c := s.dial()
	for n := int64(1); n <= 2; n++ {
		c.send(getRequest)
		c.wantAnswer("false")
		if calls.Load() != n {
			t.Fatalf("%d calls for %d requests", calls.Load(), n)
		}
	}
}

// A request with a body, and one that has no way to move, is served as always.
func TestKeepWhereNothingCanMove(t *testing.T) {
	s := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		if p.Moving() != nil || p.Resumed() || p.State() != nil || p.Late() {
			t.Error("it can move")
		}
		p.OnLeave(func() []byte { t.Error("it leaves"); return nil })
		p.Leave(nil)
		p.Leave(nil)
		who("old").ServeHTTP(w, r)
	}))
	c := s.dial()
	for range 2 {
		c.send(post)
		c.wantAnswer("old POST abc")
	}
	if Keep(&http.Request{ProtoMajor: 1}).Moving() != nil {
		t.Error("a request of no server can move")
	}
}
