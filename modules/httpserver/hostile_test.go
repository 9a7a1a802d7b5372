package httpserver

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// Whatever clients do, a stop ends within its budget without help: no hook has to
// be abandoned.
func TestNoClientHoldsAStop(t *testing.T) {
	t.Parallel()
	const budget = 10 * time.Second // a twentieth of it is for the time after the cut
	everything := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/download": // without end, as far as the client reads
			for b := make([]byte, 64<<10); ; {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		default:
			io.Copy(w, r.Body)
		}
	})
	h2 := func(more ...string) string {
		return h2frame.Preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + strings.Join(more, "")
	}
	drip := func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // it is a slow client
		}
	}
	flood := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, text); err != nil {
					return
				}
			}
		}
	}
	tests := map[string]struct {
		send   string
		then   func(net.Conn) // runs until the connection ends
		secure bool           // a TLS handshake comes first
		h2     bool
	}{
		"says nothing":                  {},
		"says nothing through TLS":      {secure: true, send: ""},
		"begins a header":               {send: "GET / HTTP/1.1\r\nHo"},
		"sends a header byte by byte":   {send: "GET / HTTP/1.1\r\nHost: test\r\nX: ", then: drip},
		"sends a header without end":    {send: "GET / HTTP/1.1\r\nHost: test\r\nX: ", then: flood(strings.Repeat("x", 4096))},
		"stalls in a body":              {send: "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc"},
		"stalls in a body through TLS":  {secure: true, send: "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc"},
		"sends a body byte by byte":     {send: "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n", then: drip},
		"never reads a download":        {send: ask("GET", "/download", "", "")},
		"never reads, through TLS":      {secure: true, send: ask("GET", "/download", "", "")},
		"pipelines without end":         {then: flood(ask("GET", "/", "", ""))},
		"goes half way":                 {send: ask("GET", "/download", "", ""), then: func(c net.Conn) { c.(*net.TCPConn).CloseWrite() }},
		"HTTP/2 that only greets":       {secure: true, h2: true, send: h2()},
		"HTTP/2 that never greets":      {secure: true, h2: true, send: h2frame.Preface[:10]},
		"HTTP/2 with half a frame":      {secure: true, h2: true, send: h2("\x00\x00\x20\x01")},
		"HTTP/2 that floods with PINGs": {secure: true, h2: true, send: h2(), then: flood(strings.Repeat("\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", 100))},
		"HTTP/2 that never reads":       {secure: true, h2: true, send: h2("\x00\x00\x12\x01\x05\x00\x00\x00\x01\x82\x87\x04\x09/download\x41\x04test")},
		"h2c that only greets":          {send: h2()},
	}
	all := new(http.Protocols)
	all.SetHTTP1(true)
	all.SetHTTP2(true)
	all.SetUnencryptedHTTP2(true)
	rigs := map[string]*rig{}
	var hostile sync.WaitGroup
	for name, tt := range tests {
		opts := []rigOption{stopTimeout(budget), tuned(func(hs *http.Server) { hs.Protocols = all }), linger(50 * time.Millisecond)}
		if tt.secure {
			opt, _ := withTLS(t, "test")
			opts = append(opts, opt)
		}
		r := serveOn(t, everything, opts...)
		rigs[name] = r
		c := r.dial().Conn
		if tt.secure {
			protos := []string{"http/1.1"}
			if tt.h2 {
				protos = []string{"h2"}
			}
			c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: protos})
		}
		if tt.send != "" {
			io.WriteString(c, tt.send)
		}
		if tt.then != nil {
			hostile.Go(func() { tt.then(c) })
		}
	}
	<-time.After(50 * time.Millisecond) // most of them have begun now
	for _, r := range rigs {
		r.term()
	}
	for name, r := range rigs {
		if report := r.wait(); len(report.Abandoned()) > 0 {
			t.Errorf("a client that %s: the stop took %v and abandoned %v", name, report.Down, report.Abandoned())
		}
	}
	hostile.Wait()
	await(t, "net/http, which keeps a goroutine for half a second after a body that was not read", func() bool {
		stacks := make([]byte, 4<<20)
		return !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("closeWriteAndWait"))
	})
}

// Clients that connect in crowds while the socket closes, and then do nothing.
func TestFloodOfConnectionsDoesNotHoldAStop(t *testing.T) {
	t.Parallel()
	r := serveOn(t, http.HandlerFunc(hello), linger(50*time.Millisecond), stopTimeout(6*time.Second), configured(func(c *Config) { c.MaxConnections = 50 }))
	var crowd sync.WaitGroup
	stopped := make(chan struct{})
	for range 4 {
		crowd.Go(func() {
			var open []net.Conn
			defer func() {
				for _, c := range open {
					c.Close()
				}
			}()
			for len(open) < 400 {
				select {
				case <-stopped:
					return
				default:
				}
				c, err := net.DialTimeout("tcp", r.addr, 100*time.Millisecond)
				if err != nil {
					continue
				}
				open = append(open, c)
				fmt.Fprint(c, "GET")
			}
			<-stopped
		})
	}
	await(t, "the limit", func() bool { return r.server.conns.Len() >= 50 })
	r.term()
	report := r.wait()
	close(stopped)
	crowd.Wait()
	if len(report.Abandoned()) > 0 {
		t.Errorf("abandoned %v", report.Abandoned())
	}
}
