package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const upgrade = "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"

// takeOver hijacks the connection and gives it to serve, on the handler's
// goroutine.
func takeOver(t *testing.T, serve func(r *http.Request, nc io.ReadWriteCloser)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nc, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw
		serve(r, nc)
	})
}

func (c *client) upgrade() {
	c.t.Helper()
	c.send(upgrade)
	if res, err := http.ReadResponse(c.br, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		c.t.Fatalf("got %v, %v, want 101", res, err)
	}
}

func TestHijackedConnectionIsNotifiedAndAwaited(t *testing.T) {
	r := serveOn(t, takeOver(t, func(r *http.Request, nc io.ReadWriteCloser) {
		told := make(chan struct{})
		defer OnDrain(r.Context(), func() { close(told) })()
		<-told
		io.WriteString(nc, "bye")
		nc.Close()
	}))
	c := r.dial()
	c.upgrade()
	await(t, "OnDrain", func() bool { return r.server.conns.Waiters() == 1 })
	r.term()
	if text, err := io.ReadAll(c.br); string(text) != "bye" || err != nil {
		t.Errorf("got %q, %v, want bye", text, err)
	}
	if got := r.wait().Counts(); got["told"] != 1 || got["cut"] != 0 {
		t.Errorf("got counts %v, want told 1 and nothing cut", got)
	}
}

func TestHijackedConnectionThatWasClosedIsNotCountedAsOpen(t *testing.T) {
	r := serveOn(t, takeOver(t, func(_ *http.Request, nc io.ReadWriteCloser) {
		io.Copy(io.Discard, nc)
		nc.Close()
	}))
	hijacked := func(n int) func() bool {
		return func() bool { state, _ := r.server.conns.States(); return state["hijacked"] == n }
	}
	c, other := r.dial(), r.dial()
	c.upgrade()
	other.upgrade()
	await(t, "both to be counted", hijacked(2))
	c.Close()
	await(t, "only the open one to be counted", hijacked(1))
	other.Close()
	r.term()
	r.wait()
}

func TestHijackedConnectionOfAnotherGoroutineIsAwaited(t *testing.T) {
	r := serveOn(t, takeOver(t, func(r *http.Request, nc io.ReadWriteCloser) {
		draining := app.Draining(r.Context())
		go func() {
			<-draining
			io.WriteString(nc, "bye")
			nc.Close()
		}()
	}))
	c := r.dial()
	c.upgrade()
	r.term()
	if text, err := io.ReadAll(c.br); string(text) != "bye" || err != nil {
		t.Errorf("got %q, %v, want bye", text, err)
	}
	if got := r.wait().Counts(); got["cut"] != 0 {
		t.Errorf("got counts %v, want nothing cut", got)
	}
}

func TestHijackedConnectionThatStaysIsCut(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	r := serveOn(t, takeOver(t, func(_ *http.Request, nc io.ReadWriteCloser) {
		_, err := io.ReadAll(nc)
		ended <- err
	}), stopTimeout(4*time.Second))
	c := r.dial()
	c.upgrade()
	r.term()
	c.wantClosed()
	if err := <-ended; err == nil {
		t.Error("the handler did not notice")
	}
	r.wantCut(1)
}

func TestClosedHijackedConnectionsAreForgotten(t *testing.T) {
	r := serveOn(t, takeOver(t, func(_ *http.Request, nc io.ReadWriteCloser) { nc.Close() }))
	for range 200 {
		c := r.dial()
		c.upgrade()
		c.wantClosed()
		c.Close()
	}
	if got := r.server.conns.Len(); got > 100 {
		t.Errorf("got %d connections remembered of 200 that are closed", got)
	}
}

func TestStreamEndsAtTheDrain(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "data: hello\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-app.Draining(r.Context()):
			fmt.Fprint(w, "data: bye\n\n")
		case <-r.Context().Done():
		}
	}), linger(0))
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.term()
	if body, err := io.ReadAll(res.Body); string(body) != "data: hello\n\ndata: bye\n\n" || err != nil {
		t.Errorf("got %q, %v, want the stream to its end", body, err)
	}
	if got := r.wait().Counts(); got["cut"] != 0 {
		t.Errorf("got counts %v, want nothing cut", got)
	}
}

func TestOnDrainWhileDrainingNotifiesAtOnce(t *testing.T) {
	d := newDoor()
	told := make(chan struct{})
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.ServeHTTP(w, r)
		done := OnDrain(r.Context(), func() { close(told) })
		<-told
		done()
		done()
	}))
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-d.entered
	r.term()
	r.awaitUnbind()
	close(d.leave)
	c.receive()
}

func TestPanicInOnDrainIsReported(t *testing.T) {
	t.Parallel()
	r := serveOn(t, takeOver(t, func(r *http.Request, nc io.ReadWriteCloser) {
		defer nc.Close()
		defer OnDrain(r.Context(), func() { panic("boom") })()
		<-app.Draining(r.Context())
		<-r.Context().Done()
	}), stopTimeout(4*time.Second))
	r.dial().upgrade()
	r.term()
	await(t, "report", func() bool { return len(r.noted("panic in a function of OnDrain")) == 1 })
	r.wait()
}

func TestOnDrainWithoutAServerDoesNothing(t *testing.T) {
	OnDrain(context.Background(), func() { t.Error("told") })()
}

type (
	gorillaConn struct {
		kind int
		data []byte
	}
	statusCode int
	coderConn  struct{ status statusCode }
	gwsConn    struct{ code uint16 }
	netConn    struct{ status int }
)

func (c *gorillaConn) WriteControl(kind int, data []byte, _ time.Time) error {
	c.kind, c.data = kind, data
	return nil
}
func (c *coderConn) Close(s statusCode, _ string) error   { c.status = s; return nil }
func (c *gwsConn) WriteClose(code uint16, _ []byte) error { c.code = code; return nil }
func (c *netConn) WriteClose(status int) error            { c.status = status; return nil }

func TestGoingAwaySpeaksToEachLibrary(t *testing.T) {
	gorilla, coder, gws, xnet := &gorillaConn{}, &coderConn{}, &gwsConn{}, &netConn{}
	for _, ws := range []any{gorilla, coder, gws, xnet} {
		if err := GoingAway(ws); err != nil {
			t.Errorf("%T: %v", ws, err)
		}
	}
	if gorilla.kind != 8 || string(gorilla.data) != "\x03\xe9" || coder.status != 1001 || gws.code != 1001 || xnet.status != 1001 {
		t.Errorf("got %v %v %v %v, want close frames with status 1001", gorilla, coder, gws, xnet)
	}
	for _, ws := range []any{nil, 7, &http.Server{}} {
		if err := GoingAway(ws); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%T: got %v, want ErrUnsupported", ws, err)
		}
	}
}
