package httpserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// secureConnect is connect through TLS.
func secureConnect(t *testing.T, addr string) *client {
	t.Helper()
	c := connect(t, addr)
	c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	c.br = bufio.NewReader(c.Conn)
	return c
}

var promisesOfTLS = map[string]func(*testing.T, serving){
	"plain HTTP on a port with TLS gets an answer in HTTP": func(t *testing.T, serve serving) {
		addr := serve(t, withOwnCertificate(t, http.HandlerFunc(hello)))
		c := connect(t, addr)
		c.send(ask("GET", "/", "", ""))
		if got, err := io.ReadAll(c.br); !strings.Contains(string(got), "Client sent an HTTP request to an HTTPS server.") || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	},
	"HTTP/2 keeps its promises to handlers": func(t *testing.T, serve serving) {
		hs := withOwnCertificate(t, nil)
		gone := make(chan struct{})
		hs.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/gone" {
				http.NewResponseController(w).Flush()
				<-r.Context().Done()
				close(gone)
				return
			}
			_, pusher := w.(http.Pusher)
			_, hijacker := w.(http.Hijacker)
			w.Header().Set("Trailer", "Sum")
			w.WriteHeader(http.StatusEarlyHints)
			local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
			fmt.Fprint(w, r.Proto, " ", r.TLS != nil && r.TLS.HandshakeComplete, " ", r.TLS.NegotiatedProtocol, " ", pusher, " ", hijacker, " ",
				r.Context().Value(http.ServerContextKey) == hs, " ", local != nil)
			w.Header().Set("Sum", "42")
		})
		addr := serve(t, hs)
		c := secure("HTTP/2.0")
		defer c.CloseIdleConnections()
		res, err := c.Get("https://" + addr)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(res.Body)
		if string(got) != "HTTP/2.0 true h2 true false true true" || res.Trailer.Get("Sum") != "42" {
			t.Errorf("got %s, trailer %v", got, res.Trailer)
		}
		ctx, cancel := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+addr+"/gone", nil)
		if res, err = c.Do(req); err != nil {
			t.Fatal(err)
		}
		cancel()
		<-gone
		res.Body.Close()
	},
}

func withOwnCertificate(t *testing.T, h http.Handler) *http.Server {
	t.Helper()
	from, to := thisYear()
	certFile, keyFile := issue(t, t.TempDir(), "test", from, to)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Server{Handler: h, ErrorLog: discard(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}}
}
