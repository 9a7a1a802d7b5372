package httpserver

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

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

func TestHooksAreNotCalledForARest(t *testing.T) {
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
				opts = append(opts, tuned(func(hs *http.Server) { hs.IdleTimeout = 3 * brief }))
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
