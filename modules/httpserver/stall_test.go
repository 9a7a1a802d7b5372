package httpserver

import (
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// withoutMonitor starts a server whose connections are scanned only by the test.
func withoutMonitor(t *testing.T, h http.HandlerFunc) *rig {
	return serveOn(t, h, configured(func(c *Config) { c.StallTimeout = 0 }))
}

const upload = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n"

// rounds is how often Scan must find a client waiting before it is cut.
const rounds = 4

func (s *Server) isReading() bool { return s.conns.Reading() > 0 }

func TestStalledUploadIsCut(t *testing.T) {
	failed := make(chan error, 1)
	r := withoutMonitor(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		failed <- err
	})
	r.dial().send(upload + "some")
	await(t, "handler reads", r.server.isReading)
	for range rounds - 1 {
		r.server.conns.Scan()
	}
	if got := r.server.conns.Stalled(); got != 0 {
		t.Errorf("cut %d too early", got)
	}
	r.server.conns.Scan()
	if err := <-failed; err == nil {
		t.Error("the handler did not notice")
	}
}

func TestUploadThatMovesIsLeftAlone(t *testing.T) {
	read := make(chan struct{})
	r := withoutMonitor(t, func(w http.ResponseWriter, r *http.Request) {
		for range 10 {
			io.ReadFull(r.Body, make([]byte, 100))
			read <- struct{}{}
		}
		hello(w, r)
	})
	c := r.dial()
	c.send(upload)
	for range 10 {
		await(t, "handler reads", r.server.isReading)
		for range rounds - 1 {
			r.server.conns.Scan()
		}
		c.send(string(make([]byte, 100)))
		<-read
	}
	if _, body := c.receive(); body != "hello" {
		t.Errorf("got %q, want hello", body)
	}
}

func TestSilentStreamIsLeftAlone(t *testing.T) {
	quit := make(chan struct{})
	r := withoutMonitor(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-quit
		hello(w, r)
	})
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 * rounds {
		r.server.conns.Scan()
	}
	close(quit)
	if body, err := io.ReadAll(res.Body); string(body) != "hello" || err != nil {
		t.Errorf("got %q, %v, want hello", body, err)
	}
}

func TestSilentClientOfAConversationIsLeftAlone(t *testing.T) {
	r := withoutMonitor(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.(http.Flusher).Flush()
		io.Copy(w, r.Body)
	})
	c := r.dial()
	c.send(upload)
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 * rounds {
		r.server.conns.Scan()
	}
	c.send(string(make([]byte, 1000)))
	if body, err := io.ReadAll(res.Body); len(body) != 1000 || err != nil {
		t.Errorf("got %d bytes, %v, want 1000", len(body), err)
	}
}

func TestClientThatDoesNotTakeItsResponseIsCut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no other system reports how far a client is")
	}
	failed := make(chan error, 1)
	r := withoutMonitor(t, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				failed <- err
				return
			}
		}
	})
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	for range 20 { // it makes progress: reading now and then keeps it alive
		for range rounds - 1 {
			r.server.conns.Scan()
		}
		if _, err := io.CopyN(io.Discard, c.br, 4<<20); err != nil {
			t.Fatalf("a client that reads was cut: %v", err)
		}
	}
	await(t, "cut", func() bool { r.server.conns.Scan(); return r.server.conns.Stalled() == 1 })
	if err := <-failed; err == nil {
		t.Error("the handler did not notice")
	}
}

func TestStallMonitorRunsByItself(t *testing.T) {
	failed := make(chan error, 1)
	r := serveOn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		failed <- err
	}), configured(func(c *Config) { c.StallTimeout = 4 }))
	r.dial().send(upload)
	if err := <-failed; err == nil {
		t.Error("the handler did not notice")
	}
}

func TestHigherLimitAcceptsConnectionsThatWait(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), configured(func(c *Config) { c.MaxConnections = 1 }))
	first, second := r.dial(), r.dial()
	first.get("/")
	second.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	r.server.conns.SetLimit(2)
	if _, body := second.receive(); body != "hello" {
		t.Errorf("got %q, want hello", body)
	}
}

func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), configured(func(c *Config) { c.MaxConnections = 2 }))
	first, second, third := r.dial(), r.dial(), r.dial()
	first.get("/")
	second.get("/")
	third.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	if got := r.server.conns.Len(); got != 2 {
		t.Errorf("got %d connections, want 2", got)
	}
	first.Close()
	if _, body := third.receive(); body != "hello" {
		t.Errorf("got %q, want hello", body)
	}
}

func TestHijackedConnectionsCountAgainstTheLimitUntilClosed(t *testing.T) {
	leave := make(chan struct{})
	r := serveOn(t, takeOver(t, func(_ *http.Request, nc io.ReadWriteCloser) {
		<-leave
		nc.Close()
	}), configured(func(c *Config) { c.MaxConnections, c.StallTimeout = 1, 0 }))
	first, second := r.dial(), r.dial()
	first.upgrade()
	second.send(upgrade)
	close(leave)
	if res, err := http.ReadResponse(second.br, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("got %v, %v, want 101", res, err)
	}
}

func TestStopIsNotHeldUpByTheLimit(t *testing.T) {
	d := newDoor()
	r := serveOn(t, d, configured(func(c *Config) { c.MaxConnections, c.Linger = 1, 0 }))
	inside, queued := r.dial(), r.dial()
	for _, c := range []*client{inside, queued} {
		c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	}
	<-d.entered
	r.term()
	<-d.entered
	r.awaitUnbind()
	close(d.leave)
	inside.receive()
	if res, _ := queued.receive(); !res.Close {
		t.Error("got no goodbye for the one that waited")
	}
	if took := r.wait().Down; took > 10*time.Second {
		t.Errorf("stop took %v", took)
	}
}
