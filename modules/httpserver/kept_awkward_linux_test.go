package httpserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

const wsRequest = "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

// socketHandler calls do with a WebSocket whose 101 is sent.
func socketHandler(t *testing.T, do func(p *Passage, nc net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := Keep(r)
		nc, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		do(p, nc)
	}
}

// resumedWith sends in one frame the state that it has got, and reads on.
func resumedWith(p *Passage, nc net.Conn) {
	if p.Resumed() {
		_, _ = nc.Write(append([]byte{0x82, byte(len(p.State()))}, p.State()...))
	}
	_, _ = io.Copy(io.Discard, nc)
	_ = nc.Close()
}

// A handler that does more than it should when it leaves does no harm: the first
// state goes with the connection, and nothing is sent twice.
func TestAwkwardHandlersOfWebSocketsLeave(t *testing.T) {
	frame := []byte{0x81, 1, 'x'}
	for name, leave := range map[string]func(*testing.T, *Passage, net.Conn){
		"twice": func(_ *testing.T, p *Passage, _ net.Conn) {
			p.Leave([]byte("first"))
			p.Leave([]byte("second"))
		},
		"and writes": func(t *testing.T, p *Passage, nc net.Conn) {
			p.Leave([]byte("first"))
			if _, err := nc.Write(frame); !errors.Is(err, ErrMoving) {
				t.Errorf("a write after Leave: %v", err)
			}
		},
		"and reads": func(t *testing.T, p *Passage, nc net.Conn) {
			p.Leave([]byte("first"))
			for range 3 {
				if n, err := nc.Read(make([]byte, 9)); n > 0 || !errors.Is(err, ErrMoving) {
					t.Errorf("a read after Leave: %d, %v", n, err)
				}
			}
		},
		"and closes": func(_ *testing.T, p *Passage, nc net.Conn) {
			p.Leave([]byte("first"))
			_ = nc.Close()
			_ = nc.Close()
		},
		"and panics": func(_ *testing.T, p *Passage, _ net.Conn) {
			p.Leave([]byte("first"))
			panic(http.ErrAbortHandler)
		},
		"by OnLeave, and Leave is too late": func(_ *testing.T, p *Passage, nc net.Conn) {
			p.OnLeave(func() []byte { return []byte("first") })
			_ = nc.Close()
			p.Leave([]byte("second"))
		},
		"with a state that it changes": func(_ *testing.T, p *Passage, _ net.Conn) {
			state := []byte("first")
			p.Leave(state)
			copy(state, "wrong")
		},
	} {
		t.Run(name, func(t *testing.T) {
			plainAndTLS(t, func(t *testing.T, opts ...rigOption) {
				old, _, way := keptPair(t, socketHandler(t, func(p *Passage, nc net.Conn) {
					if _, err := nc.Read(make([]byte, 9)); !errors.Is(err, ErrMoving) {
						t.Errorf("got %v, want ErrMoving", err)
					}
					leave(t, p, nc)
				}), socketHandler(t, resumedWith), opts...)
				c := openSocket(t, old)
				moveKept(t, old, way)
				got := make([]byte, 7)
				if _, err := io.ReadFull(c.br, got); err != nil || !bytes.Equal(got, append([]byte{0x82, 5}, "first"...)) {
					t.Errorf("got %q, %v", got, err)
				}
			})
		})
	}
}

// A WebSocket that cannot move ends, and its client learns that it may reconnect:
// 1012.
func TestWebSocketsThatDoNotMoveSayServiceRestart(t *testing.T) {
	restart := []byte{0x88, 2, 1012 >> 8, 1012 & 0xff}
	longState := func(p *Passage, nc net.Conn) {
		_, _ = nc.Read(make([]byte, 9))
		p.Leave(make([]byte, 64<<10+1))
		_, _ = nc.Write([]byte{0x88, 0}) // the library closes
		_ = nc.Close()
	}
	leaves := func(p *Passage, nc net.Conn) {
		_, _ = nc.Read(make([]byte, 9))
		p.Leave(nil)
	}
	for name, c := range map[string]struct {
		old  func(*Passage, net.Conn)
		next http.Handler
	}{
		"a state above the limit": {longState, http.NotFoundHandler()},
		"a route that is gone":    {leaves, http.NotFoundHandler()},
		"a state that is refused": {leaves, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusBadRequest) })},
		"a handler that only stops": {leaves, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			Keep(r)
			nc, _, _ := w.(http.Hijacker).Hijack()
			_ = nc.Close()
		})},
	} {
		t.Run(name, func(t *testing.T) {
			plainAndTLS(t, func(t *testing.T, opts ...rigOption) {
				old, _, way := keptPair(t, socketHandler(t, c.old), c.next, opts...)
				client := openSocket(t, old)
				moveKept(t, old, way)
				if got, err := io.ReadAll(client.br); err != nil || !bytes.Equal(got, restart) {
					t.Errorf("got %x, %v, want a close frame with 1012", got, err)
				}
			})
		})
	}
}

// A handler that never leaves, or never reads, is cut at the end of the stop, and
// counted.
func TestWebSocketThatNeverLeavesIsCut(t *testing.T) {
	stay := make(chan struct{})
	defer close(stay)
	old, _, way := keptPair(t, socketHandler(t, func(*Passage, net.Conn) { <-stay }), who("new"), stopTimeout(patience/30))
	c := openSocket(t, old)
	moveKept(t, old, way)
	old.stop(app.Reason{Kind: app.Replaced})
	if _, err := io.ReadAll(c.br); err != nil {
		t.Error(err)
	}
	old.wantCut(1)
	wantStayed(t, old, "busy")
}

// A process that gets no processor has no time left for WebSockets. Their handlers
// have to leave all the same, or they would be cut in the end.
func TestWebSocketsLeaveThoughTheTimeForMovingIsOver(t *testing.T) {
	sockets := socketHandler(t, resumedWith)
	old, _, way := keptPair(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			who("old").ServeHTTP(w, r)
			return
		}
		sockets(w, r)
	}), sockets)
	for range 20 { // the time passes while these are waited for
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
	}
	c := openSocket(t, old)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = old.server.Move(over, way)
	got := make([]byte, 2)
	if _, err := io.ReadFull(c.br, got); err != nil || !bytes.Equal(got, []byte{0x82, 0}) {
		t.Errorf("got %x, %v, want the frame of the new handler", got, err)
	}
}

// A handler that panics when it is to leave, or whose function of OnLeave does,
// does not keep its connection: the client may reconnect at once, and the old
// process does not wait for it.
func TestWebSocketWhoseHandlerPanicsSaysServiceRestart(t *testing.T) {
	for name, panics := range map[string]func(*Passage, net.Conn){
		"instead of leaving": func(*Passage, net.Conn) { panic(http.ErrAbortHandler) },
		"in OnLeave": func(p *Passage, nc net.Conn) {
			p.OnLeave(func() []byte { panic(http.ErrAbortHandler) })
			_ = nc.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			plainAndTLS(t, func(t *testing.T, opts ...rigOption) {
				old, _, way := keptPair(t, socketHandler(t, func(p *Passage, nc net.Conn) {
					_, _ = nc.Read(make([]byte, 9))
					panics(p, nc)
				}), who("new"), opts...)
				c := openSocket(t, old)
				moveKept(t, old, way)
				if got, err := io.ReadAll(c.br); err != nil || !bytes.Equal(got, []byte{0x88, 2, 1012 >> 8, 1012 & 0xff}) {
					t.Errorf("got %x, %v, want a close frame with 1012", got, err)
				}
				wantStayed(t, old, "panic")
				old.stop(app.Reason{Kind: app.Replaced})
				if got := old.wait().Counts(); got["cut"] != 0 {
					t.Errorf("got %v, want nothing cut", got)
				}
			})
		})
	}
}

func openSocket(t *testing.T, r *rig) *client {
	t.Helper()
	c := r.dial()
	c.send(wsRequest)
	res, err := http.ReadResponse(c.br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	return c
}
