package httpserver

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// throughTLS gives servers one certificate, and their clients HTTP/1 over TLS.
func throughTLS(t *testing.T, change func(*TLSConfig)) rigOption {
	from, to := thisYear()
	certFile, keyFile := issue(t, t.TempDir(), "test", from, to)
	return configured(func(c *Config) {
		c.TLS.CertFile, c.TLS.KeyFile = certFile, keyFile
		if change != nil {
			change(&c.TLS)
		}
	})
}

func versions(t *testing.T, test func(t *testing.T, version uint16)) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) { test(t, v) })
	}
}

// resumes reports whether a connection to r resumes the session of the one before.
func (r *rig) resumes() bool {
	r.t.Helper()
	c := r.dial()
	defer c.Close()
	res, _ := c.get("/") // a ticket of TLS 1.3 comes with the first bytes
	if res.StatusCode != http.StatusOK {
		r.t.Fatal(res.Status)
	}
	return c.Conn.(*tls.Conn).ConnectionState().DidResume
}

func TestSessionTicketsOutliveAReload(t *testing.T) {
	versions(t, func(t *testing.T, version uint16) {
		r := serveOn(t, http.HandlerFunc(hello), throughTLS(t, nil))
		r.tls.MaxVersion, r.tls.ClientSessionCache = version, tls.NewLRUClientSessionCache(1)
		if r.resumes() || !r.resumes() {
			t.Fatal("sessions are not resumed at all")
		}
		r.server.replaceServer(func(hs *http.Server) { hs.IdleTimeout = time.Minute })
		if !r.resumes() {
			t.Error("after a reload of http.idle_timeout the client shakes hands in full")
		}
		r.server.replaceServer(func(hs *http.Server) { hs.TLSConfig = r.server.withCertificate() })
		if !r.resumes() {
			t.Error("after a reload of the certificate the client shakes hands in full")
		}
	})
}

// An application's ticket keys are kept, although they are not accessible.
func TestOwnTicketKeysAreLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		own  func(*tls.Config)
		ours bool
	}{
		"none":     {func(*tls.Config) {}, true},
		"set":      {func(c *tls.Config) { c.SetSessionTicketKeys([][32]byte{{1}}) }, false},
		"disabled": {func(c *tls.Config) { c.SessionTicketsDisabled = true }, false},
		"wraps": {func(c *tls.Config) {
			c.WrapSession = func(tls.ConnectionState, *tls.SessionState) ([]byte, error) { return nil, nil }
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			own := withOwnCertificate(t, nil).TLSConfig
			c.own(own)
			r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.TLSConfig = own }))
			if ours := r.server.secure.tickets != nil; ours != c.ours {
				t.Errorf("the keys are ours: %v, want %v", ours, c.ours)
			}
		})
	}
}

// A handler that takes over its connection gets the *tls.Conn, as from net/http,
// and so do the hooks of the application.
func TestApplicationSeesTheTLSConn(t *testing.T) {
	seen := make(chan net.Conn, 10)
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || !r.TLS.HandshakeComplete || r.TLS.ServerName != "test" {
			t.Errorf("r.TLS is %+v", r.TLS)
		}
		nc, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		seen <- nc
		_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\n\r\nraw")
		_ = nc.Close()
	}), throughTLS(t, nil), tuned(func(hs *http.Server) {
		hs.ConnState = func(nc net.Conn, state http.ConnState) {
			if state == http.StateNew {
				seen <- nc
			}
		}
	}))
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n")
	got, err := io.ReadAll(c.br)
	if err != nil || !strings.HasSuffix(string(got), "raw") {
		t.Errorf("got %q, %v", got, err)
	}
	for range 2 {
		if nc, ok := (<-seen).(*tls.Conn); !ok {
			t.Errorf("got a %T, want a *tls.Conn", nc)
		}
	}
}

// A handshake that fails is reported to hooks and log as by net/http, and leaves
// nothing behind.
func TestFailedHandshakeIsReported(t *testing.T) {
	states := make(chan http.ConnState, 10)
	var log strings.Builder
	r := serveOn(t, http.HandlerFunc(hello), throughTLS(t, nil), tuned(func(hs *http.Server) {
		hs.ErrorLog = discard()
		hs.ErrorLog.SetOutput(&log)
		hs.ConnState = func(_ net.Conn, state http.ConnState) { states <- state }
	}))
	nc, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := tls.Client(nc, &tls.Config{ServerName: "test"}).Handshake(); err == nil {
		t.Fatal("the client trusts the certificate")
	}
	if a, b := <-states, <-states; a != http.StateNew || b != http.StateClosed {
		t.Errorf("got states %v, %v", a, b)
	}
	r.awaitConns(0)
	r.stop(app.Reason{Kind: app.Requested})
	r.wait()
	if !strings.Contains(log.String(), "http: TLS handshake error from ") {
		t.Errorf("the log has %q", log.String())
	}
}

// A handshake that does not end is cut at the end of a stop, as requests are.
func TestEndlessHandshakeDoesNotHoldAStop(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), throughTLS(t, nil), linger(time.Hour), stopTimeout(time.Second))
	nc, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r.awaitConns(1)
	r.term()
	r.wait()
	if _, err := nc.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
	if n := r.server.conns.Len(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// A panic in an application's callback ends only its connection.
func TestPanicInAHandshakeEndsTheConnection(t *testing.T) {
	own := withOwnCertificate(t, nil).TLSConfig
	first := true
	own.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if first {
			first = false
			panic("ouch")
		}
		return nil, nil
	}
	r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.TLSConfig, hs.ErrorLog = own, discard() }))
	for _, fails := range []bool{true, false} {
		nc, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if err := tls.Client(nc, &tls.Config{InsecureSkipVerify: true}).Handshake(); (err != nil) != fails {
			t.Errorf("got %v, want failure: %v", err, fails)
		}
	}
}
