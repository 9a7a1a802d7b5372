package httpserver

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Every kind of connection leaves with its third response, and nothing is lost:
// clients that never retry reconnect, and all of their requests are answered once.
func TestClientsReconnectAndLoseNothing(t *testing.T) {
	const most, clients, requests = 3, 4, 25
	for _, tt := range []struct {
		name          string
		secure, http2 bool
		oneStep       bool
		native        bool // HTTP/2 is left to net/http
	}{
		{name: "HTTP/1"},
		{name: "HTTP/1 through TLS", secure: true},
		{name: "HTTP/1 through TLS of net/http", secure: true, native: true},
		{name: "HTTP/2", http2: true},
		{name: "HTTP/2 through TLS", http2: true, secure: true},
		{name: "HTTP/2 through TLS in one step", http2: true, secure: true, oneStep: true},
		{name: "HTTP/2 of net/http", http2: true, secure: true, native: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := []rigOption{configured(func(c *Config) { c.MaxConnectionRequests, c.TwoStepGoAway = most, !tt.oneStep })}
			scheme, proto := "http://", "HTTP/1.1"
			if tt.http2 {
				proto = "HTTP/2.0"
			}
			if tt.secure {
				opt, _ := withTLS(t, "test")
				opts, scheme = append(opts, opt), "https://"
			} else if tt.http2 {
				opts = append(opts, tuned(cleartext))
			}
			var served, opened atomic.Int64
			r := newRig(t, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				served.Add(1)
				body, _ := io.ReadAll(r.Body)
				w.Write(body)
			}), append(opts, tuned(func(hs *http.Server) {
				hs.ConnState = countNew(&opened)
			}))...)
			if tt.native {
				r.server.trial = func() bool { return false }
			}
			r.start()
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					c := secure(proto)
					if !tt.secure {
						c = cleartextClient(tt.http2)
					}
					defer c.CloseIdleConnections()
					for i := range requests {
						body := strings.Repeat(strconv.Itoa(i), 2000)
						res, err := c.Post(scheme+r.addr, "text/plain", io.NopCloser(strings.NewReader(body))) // not to be sent again
						if err != nil {
							t.Errorf("request %d: %v", i, err)
							return
						}
						if got, err := io.ReadAll(res.Body); string(got) != body || err != nil {
							t.Errorf("request %d: got %d bytes, %v", i, len(got), err)
						}
						res.Body.Close()
					}
				})
			}
			wg.Wait()
			if n := served.Load(); n != clients*requests {
				t.Errorf("served %d requests, want %d", n, clients*requests)
			}
			if n := opened.Load(); n < clients*2 {
				t.Errorf("got %d connections, want clients to come back", n)
			} else if !tt.http2 && n < clients*requests/most {
				t.Errorf("got %d connections of HTTP/1, want %d", n, clients*requests/most)
			}
			if n := r.server.conns.Stalled() + r.server.conns.Lingered(); n != 0 {
				t.Errorf("cut %d connections", n)
			}
		})
	}
}

// A client that sends requests ahead gets whole answers up to the last one,
// although bytes that the server has not read still wait.
func TestLastResponseIsWholeThoughMoreRequestsCame(t *testing.T) {
	const size = 1 << 20
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, size)) }),
		configured(func(c *Config) { c.MaxConnectionRequests = 2 }))
	c := r.dial()
	go io.WriteString(c, strings.Repeat("GET / HTTP/1.1\r\nHost: test\r\n\r\n", 2000)) // 60 kB
	var closes []bool
	for range 2 {
		res, body := c.receive()
		if len(body) != size {
			t.Errorf("got %d bytes, want %d", len(body), size)
		}
		closes = append(closes, res.Close)
	}
	if !slices.Equal(closes, []bool{false, true}) {
		t.Errorf("got goodbyes %v, want one at the end", closes)
	}
	c.wantClosed()
}

// An HTTP/1.0 client that keeps its connection alive gets the goodbye as well.
func TestHTTP10ConnectionLeavesAfterItsRequests(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), configured(func(c *Config) { c.MaxConnectionRequests = 2 })).ours()
	c := r.dial()
	for i := range 2 {
		c.send("GET / HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n")
		if res, body := c.receive(); body != "hello" || res.Close != (i == 1) {
			t.Errorf("request %d: got %q, close %v", i+1, body, res.Close)
		}
	}
	c.wantClosed()
}

func TestReloadChangesTheLifetime(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello)).ours()
	c := r.dial()
	c.get("/")
	r.change(func(c *Config) { c.MaxConnectionRequests = 2 })
	if res, body := c.get("/"); body != "hello" || !res.Close {
		t.Errorf("got %q, close %v, want a goodbye", body, res.Close)
	}
	c.wantClosed()
}

// countNew counts new connections as an application's ConnState hook does.
func countNew(n *atomic.Int64) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			n.Add(1)
		}
	}
}

// cleartextClient returns a client without TLS.
func cleartextClient(http2 bool) *http.Client {
	p := new(http.Protocols)
	p.SetHTTP1(!http2)
	p.SetUnencryptedHTTP2(http2)
	return &http.Client{Transport: &http.Transport{Protocols: p}}
}
