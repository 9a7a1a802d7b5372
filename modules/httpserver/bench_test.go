package httpserver

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// bare serves h with net/http alone.
func bare(tb testing.TB, h http.Handler) (addr string) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	conf := DefaultConfig()
	hs := newStandard(conf)
	hs.Handler = h
	ended := make(chan struct{})
	go func() { defer close(ended); hs.Serve(ln) }()
	tb.Cleanup(func() { hs.Close(); <-ended })
	return ln.Addr().String()
}

// ours serves h with this package.
func ours(tb testing.TB, h http.Handler) (addr string) {
	tb.Helper()
	a := app.New("test")
	conf := DefaultConfig()
	conf.Addr = "127.0.0.1:0"
	hs := newStandard(conf)
	hs.Handler = h
	s := New(a, "http", hs, func() *Config { return &conf })
	if err := a.Start(context.Background()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		a.Stop(app.Reason{Signal: os.Interrupt})
		a.Wait(context.Background())
	})
	return s.Addr().String()
}

var sides = []struct {
	name  string
	serve func(testing.TB, http.Handler) string
}{{"bare", bare}, {"ours", ours}}

const hi = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"

// asker sends requests on one connection and reads responses of a known size,
// without allocating.
type asker struct {
	nc   net.Conn
	br   *bufio.Reader
	size int
}

func newAsker(tb testing.TB, addr string) *asker {
	tb.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { nc.Close() })
	a := &asker{nc: nc, br: bufio.NewReaderSize(nc, 64<<10)}
	io.WriteString(nc, hi)
	res, err := http.ReadResponse(a.br, nil)
	if err != nil {
		tb.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	io.WriteString(nc, hi) // once more, to find the length of a response with its header
	for a.size == 0 || a.br.Buffered() > 0 {
		line, err := a.br.ReadSlice('\n')
		if err != nil {
			tb.Fatal(err)
		}
		if a.size += len(line); len(line) == 2 {
			a.br.Discard(int(n))
			a.size += int(n)
			break
		}
	}
	return a
}

var request = []byte(hi)

func (a *asker) ask() error {
	if _, err := a.nc.Write(request); err != nil {
		return err
	}
	_, err := a.br.Discard(a.size)
	return err
}

func BenchmarkSmallResponse(b *testing.B) {
	for _, side := range sides {
		b.Run(side.name, func(b *testing.B) {
			a := newAsker(b, side.serve(b, http.HandlerFunc(hello)))
			b.ReportAllocs()
			for b.Loop() {
				if err := a.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFileOf1MiB(b *testing.B) {
	file := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, side := range sides {
		b.Run(side.name, func(b *testing.B) {
			a := newAsker(b, side.serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })))
			b.SetBytes(1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				if err := a.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewConnection(b *testing.B) {
	for _, side := range sides {
		b.Run(side.name, func(b *testing.B) {
			addr := side.serve(b, http.HandlerFunc(hello))
			size := newAsker(b, addr).size
			buf := make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				nc, err := net.Dial("tcp", addr)
				if err != nil {
					b.Fatal(err)
				}
				nc.Write(request)
				if _, err := io.ReadFull(nc, buf); err != nil {
					b.Fatal(err)
				}
				nc.Close()
			}
		})
	}
}

// BenchmarkExit measures how long a process still needs once the last response has
// been read: with http.Server.Shutdown and with this package.
func BenchmarkExit(b *testing.B) {
	shutdown := func(d *door) (addr string, stop func(), stopped <-chan struct{}) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		hs, done := &http.Server{Handler: d}, make(chan struct{})
		go hs.Serve(ln)
		return ln.Addr().String(), func() { go func() { hs.Shutdown(context.Background()); close(done) }() }, done
	}
	graceful := func(d *door) (addr string, stop func(), stopped <-chan struct{}) {
		a, conf := app.New("test"), DefaultConfig()
		conf.Addr = "127.0.0.1:0"
		s := New(a, "http", &http.Server{Handler: d}, func() *Config { return &conf })
		if err := a.Start(context.Background()); err != nil {
			b.Fatal(err)
		}
		return s.Addr().String(), func() { a.Stop(app.Reason{}) }, a.Done()
	}
	for name, start := range map[string]func(*door) (string, func(), <-chan struct{}){"Shutdown": shutdown, "ours": graceful} {
		b.Run(name, func(b *testing.B) {
			var lags []time.Duration
			for i := 0; b.Loop(); i++ {
				d := newDoor()
				addr, stop, stopped := start(d)
				nc, err := net.Dial("tcp", addr)
				if err != nil {
					b.Fatal(err)
				}
				nc.Write(request)
				<-d.entered
				stop()
				<-time.After(time.Duration(50+i*37%1000) * time.Millisecond) // the request lasts
				close(d.leave)
				res, err := http.ReadResponse(bufio.NewReader(nc), nil)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, res.Body)
				answered := time.Now()
				<-stopped
				lags = append(lags, time.Since(answered))
				nc.Close()
			}
			slices.Sort(lags)
			b.ReportMetric(float64(lags[len(lags)/2])/float64(time.Millisecond), "ms-median")
			b.ReportMetric(float64(lags[len(lags)-1])/float64(time.Millisecond), "ms-max")
			b.ReportMetric(0, "ns/op")
		})
	}
}
