package httpserver

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// slowReader returns a client that has requested more than socket buffers hold, and
// has not read anything yet.
func slowReader(t *testing.T, r *rig, wrote <-chan struct{}) *net.TCPConn {
	t.Helper()
	d := net.Dialer{}
	nc, err := d.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	tcp := nc.(*net.TCPConn)
	_ = tcp.SetReadBuffer(4096)
	_, _ = io.WriteString(tcp, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-wrote
	return tcp
}

// serveBulk serves 256 KiB, which the kernel takes at once and a client with a
// small buffer does not.
func serveBulk(t *testing.T, opts ...rigOption) (*rig, chan struct{}) {
	wrote := make(chan struct{})
	content := bytes.Repeat([]byte("x"), 256<<10)
	return serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = w.Write(content)
		close(wrote)
	}), append([]rigOption{linger(0)}, opts...)...), wrote
}

func TestStopWaitsUntilTheClientHasItsResponse(t *testing.T) {
	r, wrote := serveBulk(t)
	c := slowReader(t, r, wrote)
	r.wantUnackedWait(c, c)
}

// The same holds through TLS, whose end is not cut off either, in the process where
// the connection began and in the one to which it has moved.
func TestStopWaitsUntilTheClientHasItsResponseThroughTLS(t *testing.T) {
	for name, moved := range map[string]bool{"as accepted": false, "moved": true} {
		t.Run(name, func(t *testing.T) {
			versions(t, func(t *testing.T, version uint16) {
				wrote := make(chan struct{})
				bulk := bytes.Repeat([]byte("x"), 256<<10)
				answer := func(name string) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Method == http.MethodPost {
							who(name).ServeHTTP(w, r)
							return
						}
						_, _ = w.Write(bulk)
						close(wrote)
					})
				}
				opt, way := throughTLS(t, nil), newRelay(t)
				old := serveOn(t, answer("old"), opt, linger(0))
				next := serveFrom(t, way, answer("new"), opt, linger(0))
				t.Cleanup(func() { way.Close() })
				old.tls.MaxVersion = version
				nc, err := net.Dial("tcp", old.addr)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { nc.Close() })
				_ = nc.(*net.TCPConn).SetReadBuffer(4096)
				c, serving := old.clientOn(nc), old
				c.send(post)
				c.wantAnswer("old POST abc")
				if moved {
					moveTo(t, old, way)
					c.untilMoved()
					serving = next
				}
				c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
				<-wrote
				serving.wantUnackedWait(c, nc.(*net.TCPConn))
			})
		})
	}
}

// wantUnackedWait fails unless a stop waits until c, whose socket is tcp, has read
// its response to the end.
func (r *rig) wantUnackedWait(c net.Conn, tcp *net.TCPConn) {
	r.t.Helper()
	r.term()
	r.awaitUnbind()
	await(r.t, "a response that is not acknowledged", func() bool { return r.server.conns.Unacked() == 1 })
	select {
	case <-r.app.Done():
		r.t.Error("the stop ended before the client had its response")
	default:
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	_ = tcp.SetReadBuffer(1 << 20) // with a small one the rest takes seconds
	got, err := io.ReadAll(c)
	if len(got) < 256<<10 || err != nil {
		r.t.Errorf("got %d bytes, %v", len(got), err)
	}
	if got := r.wait().Counts(); got["drained"] != 1 && got["cut"] != 0 {
		r.t.Errorf("got counts %v, want nothing cut", got)
	}
}

func TestStopEndsWithinItsBudgetWhenTheClientNeverReads(t *testing.T) {
	r, wrote := serveBulk(t, stopTimeout(time.Second))
	slowReader(t, r, wrote)
	r.term()
	if got := r.wait(); got.Counts()["cut"] != 1 || got.Down > time.Second+patience/2 {
		t.Errorf("got %v, want one connection cut", got)
	}
}

func TestClientThatResetsIsNotWaitedFor(t *testing.T) {
	r, wrote := serveBulk(t)
	c := slowReader(t, r, wrote)
	r.term()
	r.awaitUnbind()
	await(t, "a response that is not acknowledged", func() bool { return r.server.conns.Unacked() == 1 })
	_ = c.SetLinger(0)
	c.Close()
	if got := r.wait(); got.Counts()["cut"] != 0 {
		t.Errorf("got %v, want nothing to wait for", got)
	}
}

// With an idle connection that may linger, the drain's next check is far away.
func TestAcknowledgementIsSeenWhileOthersLinger(t *testing.T) {
	r, wrote := serveBulk(t, configured(func(c *Config) { c.Linger = time.Hour }))
	c := slowReader(t, r, wrote)
	idle := r.dial()
	r.awaitPhase(conns.Parked, 2)
	r.term()
	r.awaitUnbind()
	c.Close() // with unread bytes, so the kernel resets the connection
	idle.Close()
	if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > patience {
		t.Errorf("got %v, want an end when both clients have gone", got)
	}
}
