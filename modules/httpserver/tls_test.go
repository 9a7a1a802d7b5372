package httpserver

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

func TestTLSIsServedAndDrained(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			opt, _ := withTLS(t, "test")
			d := newDoor()
			r := serveOn(t, d, opt, linger(50*time.Millisecond))
			c := secure(proto)
			defer c.CloseIdleConnections()
			go func() { <-d.entered; r.term(); r.awaitUnbind(); close(d.leave) }()
			res, err := c.Get("https://" + r.addr)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if string(body) != "hello" || err != nil || res.Proto != proto {
				t.Errorf("got %q, %v by %s, want hello by %s", body, err, res.Proto, proto)
			}
			if got := r.wait().Counts(); got["cut"] != 0 || got["drained"] != 1 {
				t.Errorf("got counts %v, want drained 1 and nothing cut", got)
			}
		})
	}
}

// A connection that was opened in advance and on which the client has sent nothing,
// not even a handshake, does not hold up a stop.
func TestSilentTLSConnectionIsClosedAfterLinger(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt, linger(30*time.Millisecond))
	silent := r.dial()
	shaken := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true})
	if err := shaken.Handshake(); err != nil {
		t.Fatal(err)
	}
	r.awaitPhase(conns.Parked, 2)
	r.term()
	silent.wantClosed()
	if got := r.wait().Counts(); got["idle_closed"] != 2 || got["cut"] != 0 {
		t.Errorf("got counts %v, want idle_closed 2 and nothing cut", got)
	}
}

func TestClientsNeedACertificateWhenAnAuthorityIsGiven(t *testing.T) {
	dir := t.TempDir()
	from, to := thisYear()
	certFile, keyFile := issue(t, dir, "test", from, to)
	r := serveOn(t, http.HandlerFunc(hello), configured(func(c *Config) {
		c.TLS = TLSConfig{CertFile: certFile, KeyFile: keyFile, ClientCAFile: certFile}
	}))
	c := secure("HTTP/1.1")
	defer c.CloseIdleConnections()
	if res, err := c.Get("https://" + r.addr); err == nil {
		res.Body.Close()
		t.Error("got a response without a certificate")
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	c.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{pair}
	res, err := c.Get("https://" + r.addr)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func TestOldProtocolVersionsAreRefused(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	c, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		c.Close()
		t.Error("got a connection with TLS 1.1")
	}
}

func TestUnusableTLSFilesFailTheStart(t *testing.T) {
	dir := t.TempDir()
	from, to := thisYear()
	certFile, keyFile := issue(t, dir, "test", from, to)
	junk := filepath.Join(dir, "junk")
	write(t, junk, []byte("junk"))
	tests := []struct {
		name string
		tls  TLSConfig
		want string
	}{
		{"missing", TLSConfig{CertFile: "/nonexistent", KeyFile: keyFile}, "http.tls.cert_file: open /nonexistent"},
		{"both missing", TLSConfig{CertFile: "/nonexistent", KeyFile: "/nowhere"}, "tls.key_file: open /nowhere"},
		{"junk", TLSConfig{CertFile: certFile, KeyFile: junk}, "http.tls.cert_file: " + certFile + " with tls.key_file " + junk},
		{"junk authority", TLSConfig{CertFile: certFile, KeyFile: keyFile, ClientCAFile: junk}, "holds no certificate in PEM form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conf := DefaultConfig()
			conf.Addr, conf.TLS = "127.0.0.1:0", tt.tls
			a := app.New("test")
			New(a, "http", &http.Server{}, func() *Config { return &conf })
			if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestMissingCertificateIsReportedBesideTheMissingKey(t *testing.T) {
	conf := DefaultConfig()
	conf.TLS.CertFile = filepath.Join(t.TempDir(), "none.pem")
	err := conf.Validate()
	for _, want := range []string{"tls.key_file: is missing", "tls.cert_file: stat "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestStalledUploadThroughTLSIsCut(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			opt, _ := withTLS(t, "test")
			failed := make(chan error, 1)
			r := serveOn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				failed <- err
			}), opt, configured(func(c *Config) { c.StallTimeout = 0 }))
			c := secure(proto)
			defer c.CloseIdleConnections()
			body, more := io.Pipe()
			req, err := http.NewRequest(http.MethodPost, "https://"+r.addr, body)
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = 1000
			go func() {
				if res, err := c.Do(req); err == nil {
					res.Body.Close()
				}
			}()
			io.WriteString(more, "some")
			defer more.Close()
			await(t, "handler reads", r.server.isReading)
			await(t, "cut", func() bool { r.server.conns.Scan(); return r.server.conns.Stalled() > 0 })
			if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, want a timeout", err)
			}
		})
	}
}

// From the type of the body net/http knows that a client that waits for a 100 will
// not send it.
func TestBodyAfterExpectContinueIsNotAwaitedThroughTLS(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<16)) }), opt)
	c := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true})
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, res.Body); n != 1<<16 || err != nil || !res.Close {
		t.Errorf("got %d bytes, %v, close %v, want the whole response and a closed connection", n, err, res.Close)
	}
}

func TestFilesOfAFormThroughTLSAreRemoved(t *testing.T) {
	opt, _ := withTLS(t, "test")
	t.Setenv("TMPDIR", t.TempDir())
	files := func() int { entries, _ := os.ReadDir(os.TempDir()); return len(entries) }
	r := serveOn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil {
			t.Error(err)
		}
		if files() == 0 {
			t.Error("got no file to remove")
		}
	}), opt)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("f", "f")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(make([]byte, 1<<16))
	m.Close()
	c := secure("HTTP/1.1")
	defer c.CloseIdleConnections()
	res, err := c.Post("https://"+r.addr, m.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	await(t, "files removed", func() bool { return files() == 0 })
}

// noListener accepts nothing.
type noListener struct{ net.Listener }

func (noListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (noListener) Close() error              { return nil }

// If an application has set up HTTP/2 itself, as ConfigureServer of x/net does, it
// stays. Its clients leave after their next response.
func TestForeignHTTP2IsLeftAlone(t *testing.T) {
	opt, _ := withTLS(t, "test")
	d := newDoor()
	r := serveOn(t, d, opt, linger(0), tuned(func(hs *http.Server) {
		hs.TLSConfig = &tls.Config{NextProtos: []string{"h2"}}
		hs.Serve(noListener{}) // sets up HTTP/2 and returns
		if hs.TLSNextProto["h2"] == nil {
			t.Error("HTTP/2 is not set up")
		}
	}))
	c := secure("HTTP/2.0")
	defer c.CloseIdleConnections()
	go func() { <-d.entered; d.leave <- struct{}{}; <-d.entered; r.term(); d.leave <- struct{}{} }()
	for range 2 {
		res, err := c.Get("https://" + r.addr)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); string(body) != "hello" || err != nil || res.ProtoMajor != 2 {
			t.Errorf("got %q, %v by %s, want hello by HTTP/2", body, err, res.Proto)
		}
		res.Body.Close()
	}
	c.CloseIdleConnections()
	if got := r.wait().Counts(); got["cut"] != 0 {
		t.Errorf("got counts %v, want nothing cut", got)
	}
}

// A client may send trailers that it has not announced.
func TestTrailersThroughTLSAreThere(t *testing.T) {
	t.Parallel()
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, r.Trailer.Get("Sum"))
	}), opt)
	for _, announced := range []string{"", "Trailer: Sum\r\n"} {
		c := r.dial()
		c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
		c.br.Reset(c.Conn)
		c.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n" + announced + "\r\n3\r\nabc\r\n0\r\nSum: 42\r\n\r\n")
		if _, body := c.receive(); body != "42" {
			t.Errorf("announced %q: got %q, want the trailer", announced, body)
		}
	}
}
