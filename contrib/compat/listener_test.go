package compat

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

// proxied is a connection through a balancer that speaks the PROXY protocol.
func proxied(t *testing.T, x *apptest.App) (net.Conn, *bufio.Reader) {
	t.Helper()
	nc, err := net.Dial("tcp", strings.TrimPrefix(x.URL("http"), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	header := proxyproto.HeaderProxyFromAddrs(2, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 5000}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 80})
	if _, err := header.WriteTo(nc); err != nil {
		t.Fatal(err)
	}
	return nc, bufio.NewReader(nc)
}

// Handlers see the client, and a stop loses nothing: what is in flight is answered,
// what is idle is closed, a connection that was taken over is awaited.
func TestProxyProtocolIsDrained(t *testing.T) {
	slow, taken := make(chan string, 1), make(chan net.Conn, 1)
	x := apptest.New(t, behindBalancer, fx.Provide(func() http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /addr", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
		mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
			slow <- r.RemoteAddr
			<-app.Draining(r.Context())
			_, _ = io.WriteString(w, "done")
		})
		mux.HandleFunc("GET /take", func(w http.ResponseWriter, _ *http.Request) {
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
			}
			taken <- nc
		})
		return mux
	})).Start()
	ask := func(nc net.Conn, br *bufio.Reader, path, header string) string {
		t.Helper()
		if _, err := io.WriteString(nc, "GET "+path+" HTTP/1.1\r\nHost: test\r\n"+header+"\r\n"); err != nil {
			t.Fatal(err)
		}
		if br == nil {
			return ""
		}
		res, err := http.ReadResponse(br, nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	idle, fromIdle := proxied(t, x)
	if got := ask(idle, fromIdle, "/addr", ""); got != "203.0.113.7:5000" {
		t.Errorf("got the address %q, want the client's", got)
	}
	busy, fromBusy := proxied(t, x)
	ask(busy, nil, "/slow", "")
	if got := <-slow; got != "203.0.113.7:5000" {
		t.Errorf("got the address %q, want the client's", got)
	}
	over, fromOver := proxied(t, x)
	ask(over, nil, "/take", "Connection: Upgrade\r\nUpgrade: echo\r\n")
	nc := <-taken
	if c, ok := nc.(*proxyproto.Conn); !ok || c.ProxyHeader() == nil {
		t.Errorf("got a %T, want a *proxyproto.Conn with its header", nc)
	}

	x.Signal(syscall.SIGINT) // a person at the terminal waits: nothing lingers
	if res, err := http.ReadResponse(fromBusy, nil); err != nil || !res.Close {
		t.Errorf("got %v, %v, want a response that says goodbye", res, err)
	}
	if _, err := fromIdle.ReadByte(); err != io.EOF {
		t.Errorf("got %v on an idle connection, want its end", err)
	}
	if _, err := io.WriteString(nc, "x"); err != nil {
		t.Error(err)
	}
	if b, err := fromOver.ReadByte(); b != 'x' {
		t.Errorf("got %q, %v from the connection that was taken over", b, err)
	}
	nc.Close()
	// The handler that gave its connection away may have been about to return.
	if r := x.Wait(); r.Code != 0 || r.Counts()["cut"] != 0 || r.Counts()["drained"] < 1 {
		t.Errorf("got %v, want a clean stop that drained the slow one", r)
	}
}

// A client from another network, or one that names no proxy, looks as it does to
// net/http.
func TestProxyProtocolWithoutAHeader(t *testing.T) {
	x := apptest.New(t, behindBalancer, fx.Provide(func() http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RemoteAddr) })
	})).Start()
	res, err := x.Client().Get(x.URL("http"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); !strings.HasPrefix(string(body), "127.0.0.1:") {
		t.Errorf("got %q, want the client's address", body)
	}
}
