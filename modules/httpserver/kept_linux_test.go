package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// keptRelay is a relay that takes connections with their state.
type keptRelay struct {
	*relay
	takes    bool
	together int // how many come at once; 0: each one is late
	count    atomic.Int64
	tooBig   atomic.Bool
}

func newKeptRelay(t *testing.T) *keptRelay { return &keptRelay{relay: newRelay(t), takes: true} }

func (r *keptRelay) Takes(string, string) bool { return r.takes }

func (r *keptRelay) HandWith(_ string, c *app.HandedConn, done func(bool)) error {
	if r.tooBig.Load() {
		return app.ErrTooMuch
	}
	go func() {
		copied, err := copyOf(c.Conn)
		if r.refuse.Load() || err != nil {
			if err == nil {
				_ = copied.Close()
			}
			done(false)
			return
		}
		r.count.Add(1)
		next := &app.HandedConn{Conn: copied, Kind: c.Kind, Rest: append([]byte(nil), c.Rest...), State: append([]byte(nil), c.State...), Late: r.together == 0, Together: r.together}
		done(true)
		r.queue <- next
	}()
	return nil
}

func (r *keptRelay) HandedOverWith(_ string, o app.HandoverOptions) net.Listener {
	return &checkedRelay{r, o}
}

// checkedRelay is its receiving end.
type checkedRelay struct {
	*keptRelay
	o app.HandoverOptions
}

func (r *checkedRelay) Accept() (net.Conn, error) {
	c, err := r.relay.Accept()
	if h, ok := c.(*app.HandedConn); ok && r.o.Check(h) != nil {
		return nil, errors.New("refused")
	}
	return c, err
}

// stepped is a handler whose steps a test controls: it sends its name and the state
// it got, and leaves when it is to move.
func stepped(name, state string, leaving func(w http.ResponseWriter, p *Passage)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			who(name).ServeHTTP(w, r)
			return
		}
		p := Keep(r)
		rc := http.NewResponseController(w)
		fmt.Fprintf(w, "%s %v %s\n", name, p.Resumed(), p.State())
		_ = rc.Flush()
		select {
		case <-p.Moving():
			if leaving != nil {
				leaving(w, p)
			}
			p.Leave([]byte(state))
		case <-app.Draining(r.Context()):
			_, _ = io.WriteString(w, "goodbye\n")
		}
	}
}

// plainAndTLS runs a test without TLS and with it.
func plainAndTLS(t *testing.T, test func(*testing.T, ...rigOption)) {
	t.Run("plain", func(t *testing.T) { test(t) })
	t.Run("TLS", func(t *testing.T) { test(t, throughTLS(t, nil)) })
}

// keptPair returns two servers and the relay between them.
func keptPair(t *testing.T, old, next http.Handler, opts ...rigOption) (*rig, *rig, *keptRelay) {
	t.Helper()
	way := newKeptRelay(t)
	o := serveOn(t, old, opts...)
	n := serveFrom(t, way, next, opts...)
	t.Cleanup(func() { way.Close() })
	return o, n, way
}

const getRequest = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"

// body begins to read a chunked response that goes on.
func (c *client) body() io.Reader {
	c.t.Helper()
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("got %s", res.Status)
	}
	return res.Body
}

func wantLine(t *testing.T, r io.Reader, want string) {
	t.Helper()
	var line strings.Builder
	b := make([]byte, 1)
	for !strings.HasSuffix(line.String(), "\n") {
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatalf("got %q, %v, want %q", line.String(), err, want)
		}
		line.Write(b)
	}
	if got := strings.TrimSpace(line.String()); got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

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
func TestResponseThatIsNotTakenGoesOnHere(t *testing.T) { plainAndTLS(t, responseNotTaken) }

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
			if got := old.wait().Counts(); got["cut"] != 0 {
				t.Errorf("got %v", got)
			}
		})
	}
}

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
func TestToLeaveUnaskedEndsTheResponse(t *testing.T) {
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

func moveKept(t *testing.T, from *rig, way *keptRelay) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := from.server.Move(ctx, way); err != nil {
		t.Fatal(err)
	}
}
