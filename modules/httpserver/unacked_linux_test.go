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
	r.term()
	r.awaitUnbind()
	await(t, "a response that is not acknowledged", func() bool { return r.server.conns.Unacked() == 1 })
	select {
	case <-r.app.Done():
		t.Error("the stop ended before the client had its response")
	default:
	}
	got, err := io.ReadAll(c)
	if len(got) < 256<<10 || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if got := r.wait().Counts(); got["drained"] != 1 && got["cut"] != 0 {
		t.Errorf("got counts %v, want nothing cut", got)
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
