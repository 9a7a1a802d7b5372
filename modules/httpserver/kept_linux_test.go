package httpserver

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

const getRequest = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"

// The client sees one response, whose second part the new server writes. Bytes that
// were written but not flushed come too, and the connection is kept alive
// afterwards.
func TestResponseGoesOnInTheSuccessor(t *testing.T) { plainAndTLS(t, responseGoesOn) }

func responseGoesOn(t *testing.T, opts ...rigOption) {
	old, next, way := keptPair(t,
		stepped("old", "7", func(w http.ResponseWriter, _ *Passage) { _, _ = io.WriteString(w, "not flushed\n") }),
		stepped("new", "", nil), opts...)
	c := old.dial()
	c.send(getRequest)
	body := c.body()
	wantLine(t, body, "old false")
	moveKept(t, old, way)
	wantLine(t, body, "not flushed")
	wantLine(t, body, "new true 7")
	next.stop(app.Reason{Kind: app.Signalled})
	wantLine(t, body, "goodbye")
	if rest, err := io.ReadAll(body); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v after the end", rest, err)
	}
	if got := old.server.Kept(); got.Moved != 1 || len(got.Stayed) > 0 || got.Pause <= 0 {
		t.Errorf("the old server counts %+v", got)
	}
	if got := next.server.LongestPause(); got <= 0 {
		t.Errorf("the new server knows a pause of %v", got)
	}
	next.metric(t, "http_kept_resumed_total", "", 1)
	old.metric(t, "http_kept_moved_total", "", 1)
	old.stop(app.Reason{Kind: app.Replaced})
	if got := old.wait().Counts(); got["cut"] != 0 {
		t.Errorf("got %v", got)
	}
}

// A handler that leaves twice, and writes afterwards, has left once, with its first
// state; what it has written is part of the response.
func TestResponseLeavesOnceWithWhatIsWrittenUntilTheEnd(t *testing.T) {
	old, next, way := keptPair(t, stepped("old", "second", func(w http.ResponseWriter, p *Passage) {
		state := []byte("first")
		p.Leave(state)
		copy(state, "wrong")
		_, _ = io.WriteString(w, "written after it has left\n")
	}), stepped("new", "", nil))
	c := old.dial()
	c.send(getRequest)
	body := c.body()
	wantLine(t, body, "old false")
	moveKept(t, old, way)
	wantLine(t, body, "written after it has left")
	wantLine(t, body, "new true first")
	next.stop(app.Reason{Kind: app.Signalled})
	wantLine(t, body, "goodbye")
}

// A kept WebSocket counts as a hijacked connection, in the process that serves it.
func TestKeptWebSocketCountsAsHijacked(t *testing.T) {
	old, next, way := keptPair(t, socketHandler(t, resumedWith), socketHandler(t, resumedWith))
	c := openSocket(t, old)
	old.metric(t, "http_connections", "hijacked", 1)
	moveKept(t, old, way)
	if _, err := io.ReadFull(c.br, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	old.metric(t, "http_connections", "hijacked", 0)
	next.metric(t, "http_connections", "hijacked", 1)
}

// A request that has no answer yet is served again, and the next one on its
// connection is not affected.
func TestRequestThatWaitsIsAnsweredByTheSuccessor(t *testing.T) { plainAndTLS(t, requestThatWaits) }

func requestThatWaits(t *testing.T, opts ...rigOption) {
	waits := func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		<-p.Moving()
		p.Leave([]byte("waited"))
	}
	old, _, way := keptPair(t, http.HandlerFunc(waits), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		fmt.Fprintf(w, "%v %s", p.Resumed(), p.State())
	}), opts...)
	c := old.dial()
	c.send(getRequest)
	await(t, "the handler to wait", old.server.conns.Kept)
	moveKept(t, old, way)
	c.wantAnswer("true waited")
	c.send(getRequest)
	c.wantAnswer("false ")
	c.send(getRequest + getRequest)
	c.wantAnswer("false ")
	c.wantAnswer("false ")
}

// If bytes were written but not sent when the handler leaves, the response has
// begun: its head and its bytes are not lost.
func TestResponseThatWasNeverFlushedHasBegun(t *testing.T) {
	old, next, way := keptPair(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		_, _ = io.WriteString(w, "in a buffer\n")
		<-p.Moving()
		p.Leave([]byte("x"))
	}), stepped("new", "", nil))
	c := old.dial()
	c.send(getRequest)
	await(t, "the handler to wait", old.server.conns.Kept)
	moveKept(t, old, way)
	body := c.body()
	wantLine(t, body, "in a buffer")
	wantLine(t, body, "new true x")
	next.stop(app.Reason{Kind: app.Signalled})
	wantLine(t, body, "goodbye")
}

// A response that is not taken goes on where it was, with its state.
func TestRejectedResponseGoesOnInThePredecessor(t *testing.T) { plainAndTLS(t, responseNotTaken) }

func responseNotTaken(t *testing.T, opts ...rigOption) {
	for reason, fails := range map[string]func(*keptRelay){
		"refused":   func(r *keptRelay) { r.refuse.Store(true) },
		"too_large": func(r *keptRelay) { r.tooBig.Store(true) },
	} {
		t.Run(reason, func(t *testing.T) {
			old, _, way := keptPair(t, stepped("old", "mine", nil), who("new"), opts...)
			fails(way)
			c := old.dial()
			c.send(getRequest)
			body := c.body()
			wantLine(t, body, "old false")
			moveKept(t, old, way)
			wantLine(t, body, "old true mine")
			wantStayed(t, old, reason)
			old.server.Resume()
			old.stop(app.Reason{Kind: app.Signalled})
			wantLine(t, body, "goodbye")
			if _, err := io.ReadAll(body); err != nil {
				t.Error(err)
			}
			c.Close() // the stop would linger for it
			if got := old.wait().Counts(); got["cut"] != 0 {
				t.Errorf("got %v", got)
			}
		})
	}
}

// The client has the head of one response. Another one is not written after it.
func TestAnotherResponseEndsTheConnection(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"a route that is gone": http.NotFound,
		"a refusal":            func(w http.ResponseWriter, r *http.Request) { http.Error(w, "expired", http.StatusUnauthorized) },
		"an empty response":    func(http.ResponseWriter, *http.Request) {},
		"a panic before it":    func(http.ResponseWriter, *http.Request) { panic("no") },
		"another kind of media": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			old, _, way := keptPair(t, stepped("old", "x", nil), h)
			c := old.dial()
			c.send(getRequest)
			wantLine(t, c.body(), "old false")
			moveKept(t, old, way)
			if rest, _ := io.ReadAll(c.br); strings.Contains(string(rest), "HTTP/1.1") {
				t.Errorf("got %q behind the first part", rest)
			}
		})
	}
}
