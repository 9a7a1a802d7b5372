package httpserver

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

func cleartext(hs *http.Server) {
	hs.Protocols = new(http.Protocols)
	hs.Protocols.SetHTTP1(true)
	hs.Protocols.SetUnencryptedHTTP2(true)
}

// If a new Go does not allow our part of HTTP/2, it still works. A client leaves
// with its next response, and an idle connection is closed after the linger.
func TestHTTP2FallsBackToNetHTTP(t *testing.T) {
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls %v", tls), func(t *testing.T) {
			opt := tuned(cleartext)
			if tls {
				opt, _ = withTLS(t, "test")
			}
			d := newDoor()
			r := newRig(t, nil, d, opt, linger(brief))
			r.server.trial = func() bool { return false }
			r.start()
			if got := len(r.noted(leftToNetHTTP)); got != 1 {
				t.Errorf("got %d notes, want one", got)
			}
			busy, idle := r.dialH2(tls), r.dialH2(tls)
			answered := make(chan error)
			go func() { answered <- idle.post() }()
			<-d.entered
			d.leave <- struct{}{}
			if err := <-answered; err != nil {
				t.Fatal(err)
			}
			go func() { answered <- busy.post() }()
			<-d.entered
			r.term()
			r.awaitUnbind()
			await(t, "the end of the idle client", func() bool { idle.mu.Lock(); defer idle.mu.Unlock(); return idle.failed != nil })
			go func() { answered <- busy.post() }() // the next response says goodbye
			<-d.entered
			close(d.leave)
			for range 2 {
				if err := <-answered; err != nil {
					t.Error(err)
				}
			}
			if got := r.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 1 {
				t.Errorf("got %v, want one closed while idle and nothing cut", got)
			}
		})
	}
}

// dialH2 dials with HTTP/2.
func (r *rig) dialH2(secure bool) *h2client {
	r.t.Helper()
	c, err := dialH2(r.addr, secure)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.nc.Close() })
	return c
}

// An HTTP/2 client whose handshake ends when the server has begun to leave is
// asked to leave as well (golang/go#81153), in one step or two.
func TestStopSendsGoAway(t *testing.T) {
	tests := []struct {
		name          string
		late, twoStep bool
	}{
		{"one step", false, false},
		{"one step, late handshake", true, false},
		{"two steps", false, true},
		{"two steps, late handshake", true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt, _ := withTLS(t, "test")
			r := serveOn(t, http.HandlerFunc(hello), opt, linger(time.Minute), configured(func(c *Config) { c.TwoStepGoAway = tt.twoStep }))
			raw := r.dial()
			c := tls.Client(raw.Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
			if tt.late {
				r.awaitPhase(conns.Parked, 1)
				r.term()
				r.awaitUnbind()
			}
			io.WriteString(c, h2frame.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
			if !tt.late {
				wantFrame(t, c, h2frame.Settings)
				r.term()
			}
			wantFrame(t, c, h2frame.GoAway)
			if tt.twoStep {
				wantFrame(t, c, h2frame.Ping)
				io.WriteString(c, "\x00\x00\x08\x06\x01\x00\x00\x00\x00"+h2frame.PingData)
				wantFrame(t, c, h2frame.GoAway)
			}
			c.Close()
			if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > 10*time.Second {
				t.Errorf("got %v, want nothing cut", got)
			}
		})
	}
}

// A client that connects while the server still accepts is served, and leaves with
// the response.
func TestLameDuckServesNewConnections(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, twoStep := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, two steps %v", proto, twoStep), func(t *testing.T) {
				opt, _ := withTLS(t, "test")
				r := serveOn(t, http.HandlerFunc(hello), opt, configured(func(c *Config) { c.TwoStepGoAway = twoStep }),
					func(_ *http.Server, _ *Config, s *app.StopConfig) { s.LameDuck = s.Timeout })
				r.term()
				await(t, "lame duck", r.server.conns.Leaving)
				for range 3 {
					c := secure(proto)
					for range 2 {
						res, err := c.Get("https://" + r.addr)
						if err != nil {
							t.Fatal(err)
						}
						if body, err := io.ReadAll(res.Body); string(body) != "hello" || err != nil || res.Proto != proto {
							t.Errorf("got %q, %v by %s, want hello by %s", body, err, res.Proto, proto)
						}
						res.Body.Close()
					}
					c.CloseIdleConnections()
				}
				r.hurry()
				r.wait()
			})
		}
	}
}

// A client that neither answers the PING nor closes its connection does not hold
// the stop.
func TestHTTP2ClientThatIsDeadIsNotWaitedFor(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	c := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	io.WriteString(c, h2frame.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	wantFrame(t, c, h2frame.Settings)
	r.term()
	if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > 15*time.Second {
		t.Errorf("got %v, want nothing cut", got)
	}
}

// wantFrame reads frames until one of type typ has come.
func wantFrame(t *testing.T, c io.Reader, typ byte) {
	t.Helper()
	if err := h2frame.ReadUntil(c, typ); err != nil {
		t.Fatalf("no frame of type %d: %v", typ, err)
	}
}

// The historic way to turn HTTP/2 off, in a server that turns it on. net/http then
// serves HTTP/2, and enters it into the map that it finds.
func TestHTTP2BesideAnEmptyTLSNextProtoSaysGoodbye(t *testing.T) {
	t.Parallel()
	opt, _ := withTLS(t, "test")
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	none := map[string]func(*http.Server, *tls.Conn, http.Handler){}
	r := serveOn(t, http.HandlerFunc(hello), opt, tuned(func(hs *http.Server) { hs.Protocols, hs.TLSNextProto = protocols, none })).ours()
	open := func() net.Conn {
		c := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		io.WriteString(c, h2frame.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		wantFrame(t, c, h2frame.Settings)
		return c
	}
	before := open()
	r.change(func(c *Config) { c.IdleTimeout = time.Hour })
	after := open()
	r.term()
	for _, c := range []net.Conn{before, after} {
		wantFrame(t, c, h2frame.GoAway)
		c.Close()
	}
	if len(none) != 0 {
		t.Errorf("the application's map has got %v", none)
	}
}
