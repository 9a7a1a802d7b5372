package httpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// ours makes the server of a rig take its settings from the configuration.
func (r *rig) ours() *rig {
	r.server.fromConfig = fromConfig{true, true, true, true, true}
	return r
}

// change reloads with a changed configuration.
func (r *rig) change(f func(*Config)) {
	r.t.Helper()
	next := *r.server.config()
	f(&next)
	tx, err := r.server.reload(r.t.Context(), config.Change[Config]{Old: r.server.config(), New: &next})
	if err != nil {
		r.t.Fatal(err)
	}
	tx.Commit()
}

// brief is for timeouts within which a client on a busy machine must do something.
const brief = time.Second

func TestTimeoutsAndLimitsChangeForNewConnections(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		send   string // on a new connection, which the server then closes
		want   string // part of its answer
	}{
		"idle_timeout":        {func(c *Config) { c.IdleTimeout = brief }, ask("GET", "/hello", "", ""), "hello"},
		"read_header_timeout": {func(c *Config) { c.ReadHeaderTimeout = brief }, "GET / HT", ""},
		"read_timeout":        {func(c *Config) { c.ReadTimeout = brief }, "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nabc", ""},
		"max_header_bytes":    {func(c *Config) { c.MaxHeaderBytes = 1 << 10 }, ask("GET", "/hello", "X: "+strings.Repeat("x", 8<<10)+"\r\n", ""), "431 "},
		"write_timeout":       {func(c *Config) { c.WriteTimeout = brief }, ask("GET", "/late", "", ""), ""},
	}
	late := func(w http.ResponseWriter, r *http.Request) { <-time.After(2 * brief); hello(w, r) } // a slow handler
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.Handle("/", zoo(nil))
			mux.HandleFunc("/late", late)
			r := serveOn(t, mux).ours()
			before := r.dial()
			before.get("/hello")
			r.change(tt.change)

			after := r.dial()
			after.send(tt.send)
			said, err := io.ReadAll(after.br)
			if err != nil || !strings.Contains(string(said), tt.want) {
				t.Errorf("got %q, %v, want %q and the end", said, err, tt.want)
			}
			<-time.After(2 * brief) // longer than the timeout
			if _, body := before.get("/hello"); body != "hello" {
				t.Errorf("got %q on a connection of before", body)
			}
			if *restAfter > 0 {
				return // a connection that has rested in between has the new settings
			}
			if _, body := before.get("/late"); body != "hello" {
				t.Errorf("got %q on a connection of before", body)
			}
		})
	}
}

func TestIdleTimeoutChangesForHTTP2(t *testing.T) {
	for _, twoStep := range []bool{true, false} {
		t.Run(fmt.Sprintf("two steps %v", twoStep), func(t *testing.T) {
			t.Parallel()
			opt, _ := withTLS(t, "test")
			r := serveOn(t, http.HandlerFunc(hello), opt, configured(func(c *Config) { c.TwoStepGoAway = twoStep })).ours()
			open := func() net.Conn {
				c := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
				io.WriteString(c, h2frame.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
				wantFrame(t, c, h2frame.Settings)
				return c
			}
			before := []net.Conn{open()}
			for i := range 3 {
				r.change(func(c *Config) { c.IdleTimeout = time.Duration(i+1) * time.Hour })
				before = append(before, open())
			}
			r.change(func(c *Config) { c.IdleTimeout = brief })
			wantFrame(t, open(), h2frame.GoAway) // net/http sends it to a connection that is idle for too long
			for range 3 {
				runtime.GC() // servers that no longer accept are still needed
			}
			r.term()
			for _, c := range before {
				wantFrame(t, c, h2frame.GoAway)
				c.Close()
			}
			if got := r.wait().Counts(); got["cut"] != 0 {
				t.Errorf("cut %d connections", got["cut"])
			}
		})
	}
}

// Servers that no longer accept and have no connections are dropped.
func TestServersOfThePastAreForgotten(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello)).ours()
	for i := range 500 {
		r.change(func(c *Config) { c.IdleTimeout = time.Duration(i+1) * time.Hour })
	}
	await(t, "their end", func() bool {
		runtime.GC()
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		return len(r.server.older.All()) < 5
	})
}

// A setting that the application has tuned does not follow the configuration.
func TestTunedSettingsDoNotFollowTheConfiguration(t *testing.T) {
	conf := DefaultConfig()
	hs := newStandard(conf)
	hs.IdleTimeout = time.Hour
	f := settingsFromConfig(hs, &conf)
	conf.IdleTimeout, conf.ReadTimeout = time.Hour, time.Second
	if !f.apply(hs, &conf) || hs.ReadTimeout != time.Second {
		t.Error("a setting that was not tuned does not follow")
	}
	conf.IdleTimeout = time.Minute
	if f.apply(hs, &conf) || hs.IdleTimeout != time.Hour {
		t.Errorf("got %v, want the tuned hour", hs.IdleTimeout)
	}
}

func TestRenewedListenerStaysPaused(t *testing.T) {
	t.Parallel()
	r := serveOn(t, http.HandlerFunc(hello)).ours()
	l := r.server.group()[0]
	l.Pause()
	r.change(func(c *Config) { c.IdleTimeout = time.Hour })
	var c *client
	await(t, "a connection that is not accepted", func() bool { // the first may be, at the last moment
		before := r.server.conns.Len()
		c = r.dial()
		c.send(ask("GET", "/", "", ""))
		<-time.After(brief / 5) // that nothing happens has no event
		return r.server.conns.Len() == before
	})
	l.Resume()
	if _, body := c.receive(); body != "hello" {
		t.Errorf("got %q", body)
	}
}

func TestClientAuthorityChangesForNewConnections(t *testing.T) {
	t.Parallel()
	opt, dir := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	from, to := thisYear()
	certFile, keyFile := issue(t, t.TempDir(), "client", from, to)
	mine, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	get := func(certs ...tls.Certificate) error {
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: certs}, DisableKeepAlives: true}}
		res, err := c.Get("https://" + r.addr)
		if err == nil {
			res.Body.Close()
		}
		return err
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	authority := dir + "/authority.pem"
	copyFile := func(from string) {
		pem, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, authority, pem)
	}
	copyFile(dir + "/cert.pem") // not the client's
	r.change(func(c *Config) { c.TLS.ClientCAFile = authority })
	if get() == nil || get(mine) == nil {
		t.Error("got an answer without a certificate of the authority")
	}
	copyFile(certFile)
	r.server.lookAtCertificate()
	if err := get(mine); err != nil {
		t.Errorf("after the authority's file has changed: %v", err)
	}
	if get() == nil {
		t.Error("got an answer without a certificate")
	}
	write(t, authority, []byte("nothing"))
	r.server.lookAtCertificate()
	if err := get(mine); err != nil {
		t.Errorf("after the authority's file was spoiled: %v", err)
	}
}

// A change of the configuration does not open the socket again, so BaseContext is
// not called again: the application may begin something in it.
func TestBaseContextIsCalledOncePerSocket(t *testing.T) {
	secure, _ := withTLS(t, "test")
	for name, opt := range map[string]rigOption{"plain": tuned(func(*http.Server) {}), "TLS": secure} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.Context().Value(ownKey{}))
			}), opt, tuned(func(hs *http.Server) {
				hs.BaseContext = func(net.Listener) context.Context {
					return context.WithValue(context.Background(), ownKey{}, asked.Add(1))
				}
			})).ours()
			for i := range 5 {
				r.change(func(c *Config) { c.IdleTimeout = time.Duration(i+1) * time.Hour })
				c := r.dial()
				if name == "TLS" {
					c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
					c.br.Reset(c.Conn)
				}
				if _, body := c.get("/"); body != "1" {
					t.Errorf("got context %s after %d changes, want the first", body, i+1)
				}
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}
