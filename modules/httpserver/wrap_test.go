package httpserver

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// wrapping is a listener whose connections are wrapped by around.
type wrapping struct {
	net.Listener
	around func(net.Conn) net.Conn
}

func (l wrapping) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.around(nc), nil
}

// eager accepts before its Accept is called.
type eager struct {
	net.Listener
	accepted chan net.Conn
	err      error // once accepted is closed
}

func newEager(ln net.Listener) net.Listener {
	e := &eager{Listener: ln, accepted: make(chan net.Conn)}
	go func() {
		defer close(e.accepted)
		for {
			nc, err := ln.Accept()
			if err != nil {
				e.err = err
				return
			}
			e.accepted <- hidden{nc, nil}
		}
	}()
	return e
}

func (l *eager) Accept() (net.Conn, error) {
	nc, ok := <-l.accepted
	if !ok {
		return nil, l.err
	}
	return nc, nil
}

// Kinds of connections that are not sockets.
type (
	withNetConn struct{ net.Conn }
	withRaw     struct{ net.Conn }
	hidden      struct {
		net.Conn
		read []byte // so it cannot be compared
	}
)

func (c *withNetConn) NetConn() net.Conn { return c.Conn }
func (c *withRaw) Raw() net.Conn         { return c.Conn }

var wrappers = map[string]func(net.Listener) net.Listener{
	"NetConn": func(ln net.Listener) net.Listener {
		return wrapping{ln, func(nc net.Conn) net.Conn { return &withNetConn{nc} }}
	},
	"Raw": func(ln net.Listener) net.Listener {
		return wrapping{ln, func(nc net.Conn) net.Conn { return &withRaw{nc} }}
	},
	"hidden": func(ln net.Listener) net.Listener {
		return wrapping{ln, func(nc net.Conn) net.Conn { return hidden{nc, nil} }}
	},
	"eager": newEager,
}

func serveWrapped(t *testing.T, wrap func(net.Listener) net.Listener, h http.Handler, opts ...rigOption) *rig {
	t.Helper()
	r := newRig(t, nil, h, opts...)
	if err := r.server.WrapListener(wrap); err != nil {
		t.Fatal(err)
	}
	return r.start()
}

// Connections through a wrapper are drained like others: requests in flight end,
// idle connections are closed.
func TestWrappedConnectionsAreDrained(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			d := newDoor()
			r := serveWrapped(t, wrap, d, linger(0))
			idle, busy := r.dial(), r.dial()
			idle.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
			<-d.entered
			d.leave <- struct{}{}
			idle.receive()
			busy.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
			<-d.entered
			r.awaitConns(2)
			r.term()
			idle.wantClosed()
			d.leave <- struct{}{}
			if res, _ := busy.receive(); !res.Close {
				t.Error("the response does not say goodbye")
			}
			busy.wantClosed()
			if got := r.wait().Counts(); got["drained"] != 1 || got["cut"] != 0 {
				t.Errorf("got counts %v, want drained 1 and nothing cut", got)
			}
		})
	}
}

// A connection that a handler has taken over is open until the handler has closed
// it, whatever is between the handler and the socket.
func TestWrappedConnectionsThatWereTakenOverAreAwaited(t *testing.T) {
	for name, wrap := range wrappers {
		for _, header := range []string{"", "Connection: Upgrade\r\nUpgrade: echo\r\n"} {
			t.Run(name+" "+header, func(t *testing.T) {
				taken := make(chan net.Conn, 1)
				r := serveWrapped(t, wrap, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					nc, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
					}
					taken <- nc
				}), linger(0))
				c := r.dial()
				c.send("GET / HTTP/1.1\r\nHost: test\r\n" + header + "\r\n")
				nc := <-taken
				r.awaitConns(1)
				r.term()
				r.awaitUnbind()
				ended := make(chan app.Report)
				go func() { ended <- r.wait() }()
				io.WriteString(nc, "still here")
				if b, err := io.ReadAll(io.LimitReader(c.br, 10)); string(b) != "still here" {
					t.Errorf("got %q, %v", b, err)
				}
				if n := r.server.conns.Len(); n != 1 {
					t.Errorf("%d connections are open, want the one that was taken over", n)
				}
				nc.Close()
				if got := (<-ended).Counts(); got["cut"] != 0 {
					t.Errorf("got counts %v, want nothing cut", got)
				}
			})
		}
	}
}

// A connection that is never closed is cut at the end, like any other.
func TestWrappedConnectionsAreCutAtTheEnd(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			taken := make(chan struct{})
			r := serveWrapped(t, wrap, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _, _ = http.NewResponseController(w).Hijack()
				close(taken)
			}), linger(0), stopTimeout(brief))
			c := r.dial()
			c.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			<-taken
			r.term()
			c.wantClosed()
			r.wantCut(1)
		})
	}
}

func TestWrappedConnectionsSpeakTLS(t *testing.T) {
	opt, _ := withTLS(t, "test")
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			r := serveWrapped(t, wrap, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, r.Proto)
			}), opt, linger(0))
			for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
				c := secure(proto)
				res, err := c.Get("https://" + r.addr)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(res.Body)
				res.Body.Close()
				c.CloseIdleConnections()
				if string(body) != proto || res.TLS == nil {
					t.Errorf("got %q, want %s through TLS", body, proto)
				}
			}
		})
	}
}

// The listener of a new address is wrapped too; if that fails, the old one goes on.
func TestListenerOfANewAddressIsWrapped(t *testing.T) {
	var wrapped []string
	give := func(ln net.Listener) net.Listener { return ln }
	r := serveWrapped(t, func(ln net.Listener) net.Listener {
		wrapped = append(wrapped, ln.Addr().String())
		return give(ln)
	}, http.HandlerFunc(hello))
	give = func(net.Listener) net.Listener { return nil }
	elsewhere := *r.server.config()
	elsewhere.Addr = "localhost:0"
	if _, _, err := r.server.change(t.Context(), &elsewhere); err == nil || !strings.Contains(err.Error(), "returned nil") {
		t.Errorf("got %v, want an error", err)
	}
	give = func(ln net.Listener) net.Listener { return ln }
	next, opened, err := r.server.change(t.Context(), &elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	r.server.moveTo(next, opened)
	r.addr = r.server.Addr().String()
	if _, body := r.dial().get("/"); body != "hello" || len(wrapped) != 3 || wrapped[2] != r.addr {
		t.Errorf("got %q from %s, wrapped %v", body, r.addr, wrapped)
	}
}

func TestWrapperThatReturnsNothingFailsTheStart(t *testing.T) {
	var none *wrapping
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"nil":           func(net.Listener) net.Listener { return nil },
		"a nil pointer": func(net.Listener) net.Listener { return none },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil, http.HandlerFunc(hello))
			if err := r.server.WrapListener(wrap); err != nil {
				t.Fatal(err)
			}
			if err := r.app.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "http.addr: the function given to WrapListener returned nil") {
				t.Errorf("got %v, want an error", err)
			}
		})
	}
	r := newRig(t, nil, http.HandlerFunc(hello))
	if r.server.WrapListener(nil) == nil {
		t.Error("a nil function was accepted")
	}
}
