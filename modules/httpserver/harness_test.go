package httpserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// patience is how long a test waits for something that must happen: long enough on
// a machine that is busy with other things.
const patience = time.Minute

// rig is a server under test in a new App.
type rig struct {
	t      *testing.T
	app    *app.App
	server *Server
	addr   string
	tls    *tls.Config // of clients; nil: without TLS

	mu    sync.Mutex
	notes []app.Note
	tight bool // a stop may leave a function no time to return
}

type rigOption func(*http.Server, *Config, *app.StopConfig)

func linger(d time.Duration) rigOption {
	return func(_ *http.Server, c *Config, _ *app.StopConfig) { c.Linger = d }
}

func stopTimeout(d time.Duration) rigOption {
	return func(_ *http.Server, _ *Config, s *app.StopConfig) { s.Timeout = d }
}

func configured(f func(*Config)) rigOption {
	return func(_ *http.Server, c *Config, _ *app.StopConfig) { f(c) }
}

func tuned(f func(*http.Server)) rigOption {
	return func(hs *http.Server, _ *Config, _ *app.StopConfig) { f(hs) }
}

// serveOn starts a server for h on a free port and stops it when the test ends.
func serveOn(t *testing.T, h http.Handler, opts ...rigOption) *rig {
	t.Helper()
	return serveFrom(t, nil, h, opts...)
}

// serveFrom is serveOn with sockets from elsewhere.
func serveFrom(t *testing.T, sockets app.Sockets, h http.Handler, opts ...rigOption) *rig {
	t.Helper()
	return newRig(t, sockets, h, opts...).start()
}

// newRig makes a server, which start starts.
func newRig(t *testing.T, sockets app.Sockets, h http.Handler, opts ...rigOption) *rig {
	r := &rig{t: t, app: app.New("test")}
	conf, stop := DefaultConfig(), app.DefaultStop()
	conf.Addr, conf.RestAfter = "127.0.0.1:0", *restAfter
	conf.ReadHeaderTimeout = patience // a busy machine takes its time over two hundred handshakes
	hs := &http.Server{Handler: h, ReadHeaderTimeout: conf.ReadHeaderTimeout, IdleTimeout: conf.IdleTimeout}
	for _, o := range opts {
		o(hs, &conf, &stop)
	}
	r.app.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return stop })
	r.app.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.notes = append(r.notes, n.Note)
		}
	})
	r.server = New(r.app, "http", hs, func() *Config { return &conf })
	r.server.sockets = sockets
	if conf.TLS.CertFile != "" && conf.TLS.Move {
		r.tls = &tls.Config{InsecureSkipVerify: true, ServerName: "test", NextProtos: []string{"http/1.1"}}
	}
	return r
}

func (r *rig) start() *rig {
	r.t.Helper()
	if err := r.app.Start(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	r.addr = r.server.Addr().String()
	r.t.Cleanup(func() { r.stop(app.Reason{Kind: app.Requested, By: "cleanup"}); r.wait() })
	return r
}

// term begins a stop as SIGTERM does, and does not wait.
func (r *rig) term()               { r.stop(app.Reason{Kind: app.Signalled, Signal: syscall.SIGTERM}) }
func (r *rig) stop(why app.Reason) { r.app.Stop(why) }

// hurry ends a stop when a test is done. Then no time is left, so on a busy machine
// a function may not have returned yet.
func (r *rig) hurry() {
	r.tight = true
	r.app.Hurry(app.Reason{})
}

// wait returns the report of the stop.
func (r *rig) wait() app.Report {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	report, err := r.app.Wait(ctx)
	if err != nil && (!r.tight || ctx.Err() != nil) {
		r.t.Errorf("stop: %v", err)
		for _, s := range r.app.Report().Abandoned() {
			r.t.Log(s.Stack)
		}
	}
	return report
}

// wantCut waits for a stop at whose end n connections are cut. The cut comes in the
// last tenths of a second. On a busy machine the drain may be late, abandoned, and
// not counted; then only the client shows that its connection was cut.
func (r *rig) wantCut(n int64) {
	r.t.Helper()
	r.tight = true
	report := r.wait()
	if late := report.Abandoned(); len(late) > 0 {
		r.t.Logf("not awaited: %v", late)
		return
	}
	if got := report.Counts(); got["cut"] != n {
		r.t.Errorf("got counts %v, want cut %d", got, n)
	}
}

// awaitUnbind waits until the listening socket is closed, so that the drain comes
// next.
func (r *rig) awaitUnbind() {
	r.t.Helper()
	select {
	case <-app.Draining(r.server.requests):
	case <-time.After(patience):
		r.t.Fatal("the stop did not come to Unbind")
	}
	for _, l := range r.server.group() {
		select {
		case <-l.Served:
		case <-time.After(patience):
			r.t.Fatal("Serve did not return")
		}
	}
}

func (r *rig) noted(text string) (found []app.Note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.notes {
		if n.Text == text {
			found = append(found, n)
		}
	}
	return found
}

// client is a client that never retries.
type client struct {
	t *testing.T
	net.Conn
	br *bufio.Reader
}

func (r *rig) dial() *client {
	r.t.Helper()
	nc, err := net.Dial(r.server.Addr().Network(), r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return r.clientOn(nc)
}

// clientOn returns a client on nc, with TLS if the server of r has it.
func (r *rig) clientOn(nc net.Conn) *client {
	r.t.Helper()
	if r.tls != nil {
		c := tls.Client(nc, r.tls)
		if err := c.Handshake(); err != nil {
			r.t.Fatal(err)
		}
		nc = c
	}
	return &client{t: r.t, Conn: nc, br: bufio.NewReader(nc)}
}

func (c *client) send(text string) {
	c.t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// receive reads one response and returns it with its body.
func (c *client) receive() (*http.Response, string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.br, nil)
	if err != nil {
		c.t.Fatalf("no response: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("response cut short: %v", err)
	}
	return res, string(body)
}

func (c *client) get(path string) (*http.Response, string) {
	c.t.Helper()
	c.send("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
	return c.receive()
}

// wantClosed fails unless the server closes the connection without another byte.
func (c *client) wantClosed() {
	c.t.Helper()
	if b, err := c.br.ReadByte(); err != io.EOF {
		c.t.Errorf("got %q, %v, want a closed connection", b, err)
	}
}

// await polls a condition of the server for which there is no event.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
		<-time.After(time.Millisecond) // ok has no event to wait for
	}
}

// awaitConns waits until n connections are accepted: a client is connected as soon
// as the kernel has queued it.
func (r *rig) awaitConns(n int) {
	r.t.Helper()
	await(r.t, "connections to be accepted", func() bool { return r.server.conns.Len() == n })
}

// awaitPhase waits until exactly n connections are in phase p. Those that rest
// count as parked, since their clients see no difference.
func (r *rig) awaitPhase(p conns.Phase, n int) {
	r.t.Helper()
	await(r.t, "connections in phase", func() bool {
		found := r.server.conns.InPhase(p)
		if p == conns.Parked {
			found += r.server.conns.InPhase(conns.Resting)
		}
		return found == n
	})
}

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }
