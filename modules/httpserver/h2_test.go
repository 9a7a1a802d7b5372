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
)

// The two steps of a goodbye lean on what net/http does not promise. When this fails, a new Go has changed it: HTTP/2
// then falls back to net/http's own GOAWAY, with a warning.
func TestNetHTTPStillAllowsTwoSteps(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello))
	if h2 := r.server.h2; h2 == nil || !h2.twoStep {
		t.Error("HTTP/2 has fallen back to one step")
	}
}

func TestHidesNoticesAChangedContract(t *testing.T) {
	broken := func(_ *http.Server, c *tls.Conn, _ http.Handler) { c.Close() }
	if hides(broken) {
		t.Error("got true from a net/http that does not find the connection")
	}
}

func TestFramesAreFoundInAnyPieces(t *testing.T) {
	stream := ping(goAway(nil, everyStream))
	for cut := range len(stream) + 1 {
		var f frames
		var kinds []byte
		begun := func() { kinds = append(kinds, f.kind()) }
		f.feed(stream[:cut], begun)
		if got, want := f.whole(), cut == 0 || cut == 17 || cut == len(stream); got != want {
			t.Errorf("at %d: got whole %v, want %v", cut, got, want)
		}
		f.feed(stream[cut:], begun)
		if string(kinds) != string([]byte{frameGoAway, framePing}) || !f.whole() {
			t.Errorf("cut at %d: got frames %v, want GOAWAY and PING", cut, kinds)
		}
	}
}

// An HTTP/2 client whose handshake ends when the server has begun to leave is told so as well (golang/go#81153), in
// one step or two.
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
				r.awaitPhase(parked, 1)
				r.term()
				r.awaitUnbind()
			}
			io.WriteString(c, clientPreface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
			if !tt.late {
				wantFrame(t, c, frameSettings)
				r.term()
			}
			wantFrame(t, c, frameGoAway)
			if tt.twoStep {
				wantFrame(t, c, framePing)
				io.WriteString(c, "\x00\x00\x08\x06\x01\x00\x00\x00\x00"+pingData)
				wantFrame(t, c, frameGoAway)
			}
			c.Close()
			if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > 10*time.Second {
				t.Errorf("got %v, want nothing cut", got)
			}
		})
	}
}

// Whoever comes while the server still accepts is served, and leaves with the response.
func TestLameDuckServesWhoComes(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, twoStep := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, two steps %v", proto, twoStep), func(t *testing.T) {
				opt, _ := withTLS(t, "test")
				r := serveOn(t, http.HandlerFunc(hello), opt, configured(func(c *Config) { c.TwoStepGoAway = twoStep }),
					func(_ *http.Server, _ *Config, s *app.StopConfig) { s.LameDuck = s.Timeout })
				r.term()
				await(t, "lame duck", r.server.conns.leaving.Load)
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
				r.app.Hurry(app.Reason{})
				r.wait()
			})
		}
	}
}

// A client that neither answers the PING nor closes its connection does not hold the stop.
func TestHTTP2ClientThatIsDeadIsNotWaitedFor(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	c := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	io.WriteString(c, clientPreface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	wantFrame(t, c, frameSettings)
	r.term()
	if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > 15*time.Second {
		t.Errorf("got %v, want nothing cut", got)
	}
}

// wantFrame reads frames until one of the kind has come.
func wantFrame(t *testing.T, c io.Reader, kind byte) {
	t.Helper()
	for {
		var f frames
		head := make([]byte, len(f.head))
		if _, err := io.ReadFull(c, head); err != nil {
			t.Fatalf("no frame of type %d: %v", kind, err)
		}
		f.feed(head, func() {})
		if _, err := io.CopyN(io.Discard, c, int64(f.left)); err != nil {
			t.Fatal(err)
		}
		if f.kind() == kind {
			return
		}
	}
}

// The historic way to turn HTTP/2 off, in a server that turns it on. net/http
// then has it, and enters it into the map that it finds.
func TestHTTP2BesideAnEmptyTLSNextProtoSaysGoodbye(t *testing.T) {
	t.Parallel()
	opt, _ := withTLS(t, "test")
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	none := map[string]serveConn{}
	r := serveOn(t, http.HandlerFunc(hello), opt, tuned(func(hs *http.Server) { hs.Protocols, hs.TLSNextProto = protocols, none })).ours()
	open := func() net.Conn {
		c := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		io.WriteString(c, clientPreface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		wantFrame(t, c, frameSettings)
		return c
	}
	before := open()
	r.change(func(c *Config) { c.IdleTimeout = time.Hour })
	after := open()
	r.term()
	for _, c := range []net.Conn{before, after} {
		wantFrame(t, c, frameGoAway)
		c.Close()
	}
	if len(none) != 0 {
		t.Errorf("the application's map has got %v", none)
	}
}
