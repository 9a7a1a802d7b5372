package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c" //nolint:staticcheck // what net/http replaces, and applications have
)

// h2cClient is a client of HTTP/2 without TLS, on a connection to itself.
func h2cClient(t *testing.T) *http.Client {
	t.Helper()
	tr := &http2.Transport{AllowHTTP: true, DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 2 * patience}
}

// HTTP/2 of golang.org/x/net takes connections over from net/http. They get their
// GOAWAY when the drain begins, what is in flight is answered, and none holds the
// stop: as with Shutdown in the same program. With Go 1.27 x/net serves each of
// them with a server that nothing can ask to leave, and Shutdown does not: there
// the client of net/http has to close it.
func TestHTTP2OfXNetIsDrained(t *testing.T) {
	for name, stopOf := range map[string]func(*testing.T, *http.Server) (int, func()){
		"net/http": func(t *testing.T, hs *http.Server) (int, func()) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go hs.Serve(ln) // ConfigureServer has made a TLSConfig, which bare would use
			return ln.Addr().(*net.TCPAddr).Port, func() {
				ctx, cancel := context.WithTimeout(context.Background(), *stopBudget)
				defer cancel()
				if err := hs.Shutdown(ctx); err != nil {
					t.Error(err)
				}
			}
		},
		"graceful": func(t *testing.T, hs *http.Server) (int, func()) {
			port, stop := ours(t, hs)
			return port, func() {
				if got := stop().Counts(); got["cut"] != 0 {
					t.Errorf("got counts %v, want nothing cut", got)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			entered, leave := make(chan struct{}, 1), make(chan struct{})
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					entered <- struct{}{}
					<-leave
				}
				io.WriteString(w, r.Proto)
			})
			h2s := &http2.Server{}
			hs := &http.Server{Handler: h2c.NewHandler(h, h2s)} //nolint:staticcheck // as above
			if err := http2.ConfigureServer(hs, h2s); err != nil {
				t.Fatal(err)
			}
			port, stop := stopOf(t, hs)
			get := func(c *http.Client, path string) (string, error) {
				res, err := c.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
				if err != nil {
					return "", err
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				return string(body), err
			}
			asked := name == "graceful" || strings.HasPrefix(runtime.Version(), "go1.26") // to leave
			idle, busy := h2cClient(t), h2cClient(t)
			if got, err := get(idle, "/"); got != "HTTP/2.0" {
				t.Fatalf("got %q, %v, want HTTP/2.0", got, err)
			}
			answered := make(chan error, 1)
			go func() {
				got, err := get(busy, "/slow")
				if err == nil && got != "HTTP/2.0" {
					err = fmt.Errorf("got %q", got)
				}
				answered <- err
			}()
			<-entered
			stopped := make(chan struct{})
			go func() { defer close(stopped); stop() }()
			awaitRefused(t, port)
			close(leave)
			if err := <-answered; err != nil {
				t.Errorf("the request in flight: %v", err)
			}
			begun := time.Now()
			if !asked {
				idle.CloseIdleConnections()
				busy.CloseIdleConnections()
			}
			<-stopped
			if d := time.Since(begun); d > *stopBudget/2 {
				t.Errorf("the stop took %v more when nothing was in flight", d)
			}
		})
	}
}
