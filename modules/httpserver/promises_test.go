package httpserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// What net/http promises to handlers and to those who configure it, beyond the bytes on the wire (see same_test.go).
// Every case runs against bare net/http, too, so that none can ask for more than that gives.

type serving func(t *testing.T, hs *http.Server) (addr string)

func serveBare(t *testing.T, hs *http.Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if hs.TLSConfig != nil {
			hs.ServeTLS(ln, "", "")
		} else {
			hs.Serve(ln)
		}
	}()
	t.Cleanup(func() { hs.Close(); <-ended })
	return ln.Addr().String()
}

func serveOurs(t *testing.T, hs *http.Server) string {
	t.Helper()
	a, conf := app.New("test"), DefaultConfig()
	conf.Addr = "127.0.0.1:0"
	s := New(a, "http", hs, func() *Config { return &conf })
	if err := a.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.Stop(app.Reason{Signal: os.Interrupt})
		a.Wait(context.Background())
	})
	return s.Addr().String()
}

func connect(t *testing.T, addr string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return &client{t: t, Conn: nc, br: bufio.NewReader(nc)}
}

type ownKey struct{}

var promises = map[string]func(*testing.T, serving){
	"the states of a connection": func(t *testing.T, serve serving) {
		var mu sync.Mutex
		states := map[string][]http.ConnState{}
		closed := make(chan string, 9)
		addr := serve(t, &http.Server{Handler: zoo(nil), ConnState: func(nc net.Conn, s http.ConnState) {
			if _, ok := nc.(*net.TCPConn); !ok {
				t.Errorf("the hook got a %T", nc)
			}
			mu.Lock()
			defer mu.Unlock()
			at := nc.RemoteAddr().String()
			states[at] = append(states[at], s)
			if s == http.StateClosed || s == http.StateHijacked {
				closed <- at
			}
		}})
		for _, tt := range []struct{ send, want string }{
			{"", "[new closed]"},
			{ask("GET", "/hello", "", ""), "[new active idle closed]"},
			{ask("GET", "/hello", "", "") + ask("GET", "/close", "", ""), "[new active idle active closed]"},
			{"GET /he", "[new active closed]"},
			{ask("GET", "/hijack", "", "") + "x\n", "[new active hijacked]"},
			{ask("GET", "/hijack", "Upgrade: raw\r\n", "") + "x\n", "[new active hijacked]"},
		} {
			c := connect(t, addr)
			c.send(tt.send)
			c.Conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c.br)
			at := <-closed
			mu.Lock()
			if got := fmt.Sprint(states[at]); at != c.LocalAddr().String() || got != tt.want {
				t.Errorf("%q: got %s, want %s", tt.send, got, tt.want)
			}
			mu.Unlock()
		}
	},
	"a client that goes away ends the context, and tells CloseNotify": func(t *testing.T, serve serving) {
		for _, notify := range []bool{false, true} {
			began, gone := make(chan struct{}), make(chan struct{})
			addr := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				done := r.Context().Done()
				if notify {
					//lint:ignore SA1019 deprecated, yet handlers still ask for it
					c := w.(http.CloseNotifier).CloseNotify()
					close(began)
					<-c
				} else {
					close(began)
					<-done
				}
				close(gone)
			})})
			c := connect(t, addr)
			c.send(ask("GET", "/", "", ""))
			<-began
			c.Close()
			<-gone
		}
	},
	"pipelined bytes do not end the context": func(t *testing.T, serve serving) {
		addr := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
				io.WriteString(w, "cancelled")
			case <-time.After(50 * time.Millisecond):
				io.WriteString(w, "fine")
			}
		})})
		c := connect(t, addr)
		c.send(ask("GET", "/", "", "") + ask("GET", "/", "", ""))
		for range 2 {
			if _, got := c.receive(); got != "fine" {
				t.Errorf("got %q", got)
			}
		}
	},
	"hijacking gets every byte that has come": func(t *testing.T, serve serving) {
		for _, header := range []string{"", "Upgrade: raw\r\n"} {
			for _, size := range []int{0, 1, 100, 5000, 100_000} {
				rest := strings.Repeat("x", size)
				began, begin := make(chan struct{}), make(chan struct{})
				addr := serve(t, &http.Server{ErrorLog: discard(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(began)
					<-begin
					nc, rw, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					defer nc.Close()
					if _, _, err := w.(http.Hijacker).Hijack(); err != http.ErrHijacked {
						t.Errorf("second hijack: got %v", err)
					}
					if _, err := w.Write([]byte("x")); err != http.ErrHijacked {
						t.Errorf("write after the hijack: got %v", err)
					}
					got := make([]byte, size)
					_, err = io.ReadFull(rw, got)
					fmt.Fprintf(nc, "%v %v", string(got) == rest, err)
				})})
				c := connect(t, addr)
				c.send(ask("GET", "/", header, ""))
				<-began
				if size > 0 {
					c.send(rest[:1]) // may get into the read that watches for the end of the client
					c.send(rest[1:])
				}
				close(begin)
				if got, err := io.ReadAll(c.br); string(got) != "true <nil>" || err != nil {
					t.Errorf("%d bytes, %q: got %q, %v", size, header, got, err)
				}
			}
		}
	},
	"contexts carry what they should": func(t *testing.T, serve serving) {
		hs := &http.Server{
			BaseContext: func(net.Listener) context.Context { return context.WithValue(context.Background(), ownKey{}, "base") },
			ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
				if _, ok := nc.(*net.TCPConn); !ok {
					t.Errorf("ConnContext got a %T", nc)
				}
				return context.WithValue(ctx, ownKey{}, fmt.Sprint(ctx.Value(ownKey{}), " ", nc.RemoteAddr()))
			},
		}
		var addr string
		hs.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
			fmt.Fprint(w, r.Context().Value(ownKey{}), " ", r.Context().Value(http.ServerContextKey) == hs, " ", local.String() == addr, " ", r.RemoteAddr)
		})
		addr = serve(t, hs)
		c := connect(t, addr)
		me := c.LocalAddr().String()
		if _, got := c.get("/"); got != "base "+me+" true true "+me {
			t.Errorf("got %s", got)
		}
	},
	"a large body that nobody reads does not cost the response": func(t *testing.T, serve serving) {
		addr := serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) })})
		c := connect(t, addr)
		const size = 8 << 20
		go func() {
			fmt.Fprintf(c.Conn, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n", size)
			c.Conn.Write(make([]byte, 1<<20)) // and no more: the server has to close first
		}()
		if res, got := c.receive(); res.StatusCode != http.StatusForbidden || strings.TrimSpace(got) != "no" || !res.Close {
			t.Errorf("got %v %q close %v", res.StatusCode, got, res.Close)
		}
	},
	"plain HTTP on a port with TLS is told so": func(t *testing.T, serve serving) {
		addr := serve(t, withOwnCertificate(t, http.HandlerFunc(hello)))
		c := connect(t, addr)
		c.send(ask("GET", "/", "", ""))
		if got, err := io.ReadAll(c.br); !strings.Contains(string(got), "Client sent an HTTP request to an HTTPS server.") || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	},
	"a handshake that stalls is ended": func(t *testing.T, serve serving) {
		hs := withOwnCertificate(t, http.HandlerFunc(hello))
		hs.ReadHeaderTimeout = brief
		c := connect(t, serve(t, hs))
		c.send("\x16\x03\x01")
		if got, err := io.ReadAll(c.br); len(got) > 0 || err != nil {
			t.Errorf("got %q, %v, want the end", got, err)
		}
	},
	"the time for a header does not run while the connection is idle": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(hello), ReadHeaderTimeout: brief, IdleTimeout: time.Minute}))
		for range 2 {
			if _, got := c.get("/"); got != "hello" {
				t.Errorf("got %q", got)
			}
			<-time.After(2 * brief) // longer than the timeout, which is net/http's
		}
		c.send("GET / H")
		if got, err := io.ReadAll(c.br); err != nil { // net/http says 408 or nothing
			t.Errorf("got %q, %v, want the end", got, err)
		}
	},
	"nor does it run for the body": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(echo), ReadHeaderTimeout: brief}))
		c.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n")
		<-time.After(2 * brief) // as above
		c.send("abc")
		if _, got := c.receive(); got != "abc" {
			t.Errorf("got %q", got)
		}
	},
	"deadlines of a handler hold for its request only": func(t *testing.T, serve serving) {
		addr := serve(t, &http.Server{WriteTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			if r.URL.Path == "/read" {
				rc.SetReadDeadline(time.Now().Add(brief / 4))
				_, err := io.ReadAll(r.Body)
				fmt.Fprint(w, errors.Is(err, os.ErrDeadlineExceeded))
				return
			}
			rc.SetWriteDeadline(time.Now().Add(time.Hour))
			rc.SetReadDeadline(time.Now().Add(time.Hour))
			hello(w, r)
		})})
		c := connect(t, addr)
		for range 2 {
			if _, got := c.get("/"); got != "hello" {
				t.Errorf("got %q", got)
			}
		}
		c.send("POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n")
		if res, got := c.receive(); got != "true" || !res.Close {
			t.Errorf("got %q, close %v", got, res.Close)
		}
	},
	"a write deadline that is over cuts the response": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second))
			w.Write(make([]byte, 1<<20))
		})}))
		c.send(ask("GET", "/", "", ""))
		if got, err := io.ReadAll(c.br); len(got) > 0 || err != nil {
			t.Errorf("got %d bytes, %v, want the end", len(got), err)
		}
	},
	"full duplex reads while it writes": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			rc.EnableFullDuplex()
			rc.Flush()
			io.Copy(flushing{w, rc}, r.Body)
		})}))
		c.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
		res, err := http.ReadResponse(c.br, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"one", "two"} {
			c.send("3\r\n" + s + "\r\n")
			got := make([]byte, 3)
			if _, err := io.ReadFull(res.Body, got); string(got) != s {
				t.Fatalf("got %q, %v, want %s", got, err, s)
			}
		}
		c.send("0\r\n\r\n")
		if rest, err := io.ReadAll(res.Body); len(rest) > 0 || err != nil {
			t.Errorf("got %q, %v, want the end", rest, err)
		}
	},
	"a panic in the middle of a response is a cut, not an end": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{ErrorLog: discard(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic("in the middle")
		})}))
		c.send(ask("GET", "/", "", ""))
		res, err := http.ReadResponse(c.br, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(res.Body); string(got) != "half" || err != io.ErrUnexpectedEOF {
			t.Errorf("got %q, %v, want it cut", got, err)
		}
	},
	"TimeoutHandler": func(t *testing.T, serve serving) {
		end := make(chan struct{})
		defer close(end)
		c := connect(t, serve(t, &http.Server{Handler: http.TimeoutHandler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }), brief, "too late")}))
		if res, got := c.get("/"); res.StatusCode != http.StatusServiceUnavailable || got != "too late" {
			t.Errorf("got %v %q", res.StatusCode, got)
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

func TestPromisesOfNetHTTP(t *testing.T) {
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("bare", func(t *testing.T) { promise(t, serveBare) })
			t.Run("ours", func(t *testing.T) { promise(t, serveOurs) })
		})
	}
}

// What is registered for Shutdown is called by a stop, though late: app.Draining and OnDrain are for what must know early.
func TestStopCallsWhatIsRegisteredForShutdown(t *testing.T) {
	called := make(chan struct{})
	r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.RegisterOnShutdown(func() { close(called) }) }))
	r.term()
	r.wait()
	select {
	case <-called:
	case <-time.After(patience):
		t.Error("it was not called")
	}
}

// flushing lets nothing wait.
type flushing struct {
	io.Writer
	rc *http.ResponseController
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	return n, errors.Join(err, f.rc.Flush())
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

func discard() *log.Logger { return log.New(io.Discard, "", 0) }
