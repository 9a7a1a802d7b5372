package httpserver

import (
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

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

// However rarely sweeps come, an idle timeout is kept.
func TestIdleTimeoutIsKeptAtRest(t *testing.T) {
	idle := tuned(func(hs *http.Server) { hs.IdleTimeout = 2 * brief })
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

// A connection that rests is opened anew, and yet it is the same: what limits its
// life goes on.
func TestRequestsBeforeARestCount(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), configured(func(c *Config) { c.MaxConnectionRequests = 3 }))
	c := r.dial()
	for n := range 3 {
		if n > 0 {
			r.atRest(1)
		}
		c.send(post)
		if res, body := c.receive(); body != "it POST abc" || res.Close != (n == 2) {
			t.Errorf("request %d: got %q, close %v", n, body, res.Close)
		}
	}
	c.wantClosed()
	await(t, "the end", func() bool { return r.server.conns.Len() == 0 })
	if _, requests := r.server.conns.States(); requests != 3 {
		t.Errorf("got %d requests", requests)
	}
}

// A hook of the application may close a connection that is about to rest.
func TestConnectionClosedBeforeItRestsIsLetGo(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), restsAfter(1), tuned(func(hs *http.Server) {
		hs.ConnState = func(nc net.Conn, state http.ConnState) {
			if state == http.StateIdle {
				nc.Close()
			}
		}
	}))
	for range 20 { // connections rest at once from some moment on
		c := r.dial()
		if _, body := c.get("/"); body != "hello" {
			t.Errorf("got %q", body)
		}
		r.awaitConns(0)
	}
}
