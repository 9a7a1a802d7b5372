package httpserver

import (
	"bufio"
	"context"
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

// What net/http promises to handlers and to applications, beyond the bytes on the
// wire (see same_test.go). Every case also runs against bare net/http, so that none
// can ask for more than that.

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
	"a client that goes away ends the context, and notifies CloseNotify": func(t *testing.T, serve serving) {
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
					c.send(rest[:1]) // may be consumed by the read that watches for the end of the client
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
	"a large body that is not read does not cost the response": func(t *testing.T, serve serving) {
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
}

func TestPromisesOfNetHTTP(t *testing.T) {
	for _, some := range []map[string]func(*testing.T, serving){promises, promisesOfTime, promisesOfTLS} {
		for name, promise := range some {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				t.Run("bare", func(t *testing.T) { promise(t, serveBare) })
				t.Run("ours", func(t *testing.T) { promise(t, serveOurs) })
			})
		}
	}
}

// flushing flushes every write.
type flushing struct {
	io.Writer
	rc *http.ResponseController
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	return n, errors.Join(err, f.rc.Flush())
}

func discard() *log.Logger { return log.New(io.Discard, "", 0) }
