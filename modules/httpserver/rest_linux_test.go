package httpserver

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

func restsAfter(d time.Duration) rigOption {
	return configured(func(c *Config) { c.RestAfter = d })
}

// restsLive gives a server that has not started a time that can change.
func (r *rig) restsLive(d time.Duration) (change func(time.Duration)) {
	after, conf := &atomic.Int64{}, r.server.config
	after.Store(int64(d))
	r.server.config = func() *Config { c := *conf(); c.RestAfter = time.Duration(after.Load()); return &c }
	return func(d time.Duration) { after.Store(int64(d)); r.server.conns.ChangeRest() }
}

// atRest waits until exactly n connections rest.
func (r *rig) atRest(n int) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("%d connections at rest", n), func() bool { return r.server.conns.InPhase(conns.Resting) == n })
}

// A connection at rest costs no goroutine, and its next request finds it as it was.
func TestConnectionRestsAndServesAgain(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond))
	const n = 200
	var clients []*client
	for range n {
		c := r.dial()
		c.send(post)
		c.wantAnswer("it POST abc")
		clients = append(clients, c)
	}
	r.atRest(n)
	await(t, "goroutines to end", func() bool { return runtime.NumGoroutine() < n })
	if state, requests := r.server.conns.States(); state["idle"] != n || requests != n {
		t.Errorf("got %v, %d requests, want %d idle", state, requests, n)
	}
	for range 2 {
		for _, c := range clients {
			c.send(post)
			c.wantAnswer("it POST abc")
		}
		r.atRest(n)
	}
	if state, requests := r.server.conns.States(); state["idle"] != n || requests != 3*n {
		t.Errorf("got %v, %d requests", state, requests)
	}
}

// hookLog records the calls of the application's hooks for each connection.
type hookLog struct {
	mu     sync.Mutex
	states map[net.Conn][]http.ConnState
	made   int // contexts
}

type connKey struct{}

func (h *hookLog) install(hs *http.Server) {
	h.states = map[net.Conn][]http.ConnState{}
	hs.ConnState = func(nc net.Conn, state http.ConnState) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.states[nc] = append(h.states[nc], state)
	}
	hs.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.made++
		return context.WithValue(ctx, connKey{}, fmt.Sprint(h.made))
	}
}

// only returns the calls for the one connection there was.
func (h *hookLog) only(t *testing.T) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.states) != 1 || h.made != 1 {
		t.Fatalf("%d connections, %d contexts, want one", len(h.states), h.made)
	}
	for _, states := range h.states {
		return fmt.Sprint(states)
	}
	return ""
}

func TestHooksDoNotHearOfARest(t *testing.T) {
	for name, end := range map[string]func(*client){
		"the client closes":        func(c *client) { c.Close() },
		"the client half-closes":   func(c *client) { c.Conn.(*net.TCPConn).CloseWrite(); c.wantClosed() },
		"the client resets":        func(c *client) { c.Conn.(*net.TCPConn).SetLinger(0); c.Close() },
		"the idle timeout is over": func(c *client) { c.wantClosed() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hookLog{}
			handler := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Context().Value(connKey{}).(string)) }
			opts := []rigOption{tuned(h.install), restsAfter(time.Millisecond)}
			if name == "the idle timeout is over" {
				opts = append(opts, tuned(func(hs *http.Server) { hs.IdleTimeout = 10 * brief }))
			}
			r := serveOn(t, http.HandlerFunc(handler), opts...)
			c := r.dial()
			for range 3 {
				if _, body := c.get("/"); body != "1" {
					t.Errorf("got the context of connection %s", body)
				}
				r.atRest(1)
			}
			end(c)
			await(t, "the end", func() bool { return r.server.conns.Len() == 0 })
			want := "[new active idle active idle active idle closed]"
			await(t, "the hook", func() bool { return h.only(t) == want })
		})
	}
}

// An application may close a connection that it knows from its hook, as
// httptest.Server does.
func TestApplicationMayCloseAConnectionAtRest(t *testing.T) {
	h, idle := &hookLog{}, make(chan net.Conn, 1)
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), tuned(func(hs *http.Server) {
		h.install(hs)
		noted := hs.ConnState
		hs.ConnState = func(nc net.Conn, state http.ConnState) {
			noted(nc, state)
			if state == http.StateIdle {
				idle <- nc
			}
		}
	}))
	c := r.dial()
	c.send(post)
	c.wantAnswer("it POST abc")
	r.atRest(1)
	(<-idle).Close()
	c.wantClosed()
	r.awaitConns(0)
	await(t, "the hook", func() bool { return h.only(t) == "[new active idle closed]" })
}

// However rarely sweeps come, an idle timeout is kept.
func TestIdleTimeoutIsKeptAtRest(t *testing.T) {
	idle := tuned(func(hs *http.Server) { hs.IdleTimeout = 4 * brief })
	r := newRig(t, nil, who("it"), idle)
	change := r.restsLive(time.Millisecond)
	r.start()
	c := r.dial()
	c.send(post)
	c.wantAnswer("it POST abc")
	r.atRest(1)
	change(time.Hour)
	c.wantClosed()
}

// A request that comes together with the end of the client is answered.
func TestBytesAndTheEndAtOnceAreAnswered(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond))
	for range 20 {
		c := r.dial()
		c.send(post)
		c.wantAnswer("it POST abc")
		r.atRest(1)
		c.send(post)
		c.Conn.(*net.TCPConn).CloseWrite()
		if _, body := c.receive(); body != "it POST abc" {
			t.Errorf("got %q", body)
		}
		c.wantClosed()
		await(t, "the end", func() bool { return r.server.conns.Len() == 0 })
	}
}

// A connection at rest counts: where it ends, there is room for another.
func TestRestingConnectionsTakeRoom(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), configured(func(c *Config) { c.MaxConnections = 1 }))
	first := r.dial()
	first.send(post)
	first.wantAnswer("it POST abc")
	r.atRest(1)
	second := r.dial()
	second.send(post)
	if n := r.server.conns.Len(); n != 1 {
		t.Errorf("%d connections", n)
	}
	first.Close()
	second.wantAnswer("it POST abc")
}

// A stop closes resting connections after the linger, and answers requests that
// come before.
func TestStopLetsRestingConnectionsLinger(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), linger(2*brief))
	speaks, silent := r.dial(), r.dial()
	for _, c := range []*client{speaks, silent} {
		c.send(post)
		c.wantAnswer("it POST abc")
	}
	r.atRest(2)
	r.term()
	r.awaitUnbind()
	speaks.send(post)
	if res, body := speaks.receive(); body != "it POST abc" || !res.Close {
		t.Errorf("got %q, close %v", body, res.Close)
	}
	silent.wantClosed()
	if got := r.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 1 {
		t.Errorf("got %v, want one closed while idle", got)
	}
}

// A stop that has no time for the linger cuts resting connections.
func TestStopWithoutTimeCutsRestingConnections(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), linger(time.Hour), stopTimeout(brief))
	c := r.dial()
	c.send(post)
	c.wantAnswer("it POST abc")
	r.atRest(1)
	r.term()
	c.wantClosed()
	r.wait()
	if n := r.server.conns.Len(); n != 0 {
		t.Errorf("%d connections left", n)
	}
}

// Resting connections move from rest; if the successor takes nothing, they go on
// resting.
func TestRestingConnectionsMove(t *testing.T) {
	old, next, way := pairOf(t, restsAfter(time.Millisecond))
	const n = 20
	var clients []*client
	for range n {
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		clients = append(clients, c)
	}
	old.atRest(n)
	way.refuse.Store(true)
	moveTo(t, old, way)
	old.server.Resume()
	old.atRest(n)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("old POST abc")
	}
	old.atRest(n)

	way.refuse.Store(false)
	moveTo(t, old, way)
	old.awaitConns(0)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("new POST abc")
	}
	next.atRest(n)
	old.stop(app.Reason{Kind: app.Replaced})
	if got := old.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 0 {
		t.Errorf("got counts %v of the old server", got)
	}
}

// A successor needs no goroutine for a connection before its client sends
// something, and its hooks are called only then.
func TestHandedConnectionsRestUntilTheySpeak(t *testing.T) {
	h, way := &hookLog{}, newRelay(t)
	old := serveOn(t, who("old"), restsAfter(time.Millisecond))
	next := serveFrom(t, way, who("new"), restsAfter(time.Hour), tuned(h.install))
	t.Cleanup(func() { way.Close() })
	speaks, silent, leaves := old.dial(), old.dial(), old.dial()
	for _, c := range []*client{speaks, silent, leaves} {
		c.send(post)
		c.wantAnswer("old POST abc")
	}
	old.atRest(3)
	moveTo(t, old, way)
	next.atRest(3)
	if state, _ := next.server.conns.States(); state["idle"] != 3 {
		t.Errorf("got %v, want three idle", state)
	}
	leaves.Close()
	next.atRest(2)
	speaks.send(post)
	speaks.wantAnswer("new POST abc")
	await(t, "the hook", func() bool { return h.only(t) == "[new active idle]" })
	silent.Close()
	next.awaitConns(1)
}

// Everything rests at once, the time keeps changing, and connections move to and
// fro: each request is answered, once.
func TestNothingIsLostWhileEverythingRests(t *testing.T) {
	way := newRelay(t)
	t.Cleanup(func() { way.Close() })
	old, next := newRig(t, nil, who("it")), newRig(t, way, who("it"), restsAfter(1))
	change := old.restsLive(1)
	old.start()
	next.start()

	done := make(chan struct{})
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			c := old.dial()
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				switch text := post + post; {
				case n%7 == i%7: // in pieces
					c.send(post[:n%len(post)])
					c.send(post[n%len(post):])
					c.wantAnswer("it POST abc")
				case n%5 == 0: // pipelined
					c.send(text)
					c.wantAnswer("it POST abc")
					c.wantAnswer("it POST abc")
				default:
					c.send(post)
					c.wantAnswer("it POST abc")
				}
			}
		})
	}
	for i := range 60 {
		change([]time.Duration{1, 0, time.Millisecond, 1}[i%4])
		<-time.After(time.Millisecond) // some requests
		if i%10 == 9 {
			way.refuse.Store(i%20 == 9)
			moveTo(t, old, way)
			old.server.Resume()
		}
	}
	close(done)
	work.Wait()
}

// net/http reads twice before the first request if it speaks HTTP/2 without TLS.
func TestStopClosesAConnectionThatMaySpeakHTTP2(t *testing.T) {
	r := serveOn(t, who("it"), tuned(cleartext), linger(0))
	c := r.dial()
	r.awaitPhase(conns.Parked, 1)
	began := time.Now()
	r.term()
	c.wantClosed()
	r.wait()
	if d := time.Since(began); d > DefaultConfig().ReadHeaderTimeout {
		t.Errorf("it took %v", d)
	}
}

// A connection whose client has not sent anything to one successor moves on to the
// next, or stays if that takes nothing.
func TestHandedConnectionsMoveOnBeforeTheySpeak(t *testing.T) {
	first, second, way := pairOf(t, restsAfter(time.Millisecond))
	onward := newRelay(t)
	third := serveFrom(t, onward, who("third"), restsAfter(time.Millisecond))
	t.Cleanup(func() { onward.Close() })
	const n = 20
	var clients []*client
	for range n {
		c := first.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		clients = append(clients, c)
	}
	first.atRest(n)
	moveTo(t, first, way)
	second.atRest(n)

	onward.refuse.Store(true)
	moveTo(t, second, onward)
	second.server.Resume()
	second.atRest(n)
	clients[0].send(post)
	clients[0].wantAnswer("new POST abc")
	second.atRest(n)

	onward.refuse.Store(false)
	moveTo(t, second, onward)
	second.awaitConns(0)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("third POST abc")
	}
	third.atRest(n)
}

// A byte ends the rest for as long as its request takes: a client cannot make its
// connection come and go by sending a byte now and then.
func TestPartOfARequestDoesNotRest(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(1))
	slow := r.dial()
	slow.send(post)
	slow.wantAnswer("it POST abc")
	r.atRest(1)
	for i, b := range []byte(post) {
		slow.send(string(b))
		if i > 0 && i%8 != 0 {
			continue
		}
		other := r.dial() // rests after the byte was sent
		other.send(post)
		other.wantAnswer("it POST abc")
		r.atRest(1)
		other.Close()
		r.awaitConns(1)
	}
	slow.wantAnswer("it POST abc")
	r.atRest(1)
}

// A resting connection rests until its next request, even if the time changes.
func TestThousandsStayAtRestThoughTheTimeChanges(t *testing.T) {
	r := newRig(t, nil, who("it"))
	change := r.restsLive(time.Millisecond)
	r.start()
	const n = 1000
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = r.dial()
		clients[i].send(post)
		clients[i].wantAnswer("it POST abc")
	}
	r.atRest(n)
	change(0)
	change(time.Hour)
	change(0)
	r.atRest(n)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("it POST abc")
	}
	await(t, "all to wait for a request", func() bool { return r.server.conns.InPhase(conns.Parked) == n })
	change(time.Millisecond)
	r.atRest(n)
}
