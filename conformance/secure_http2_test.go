//go:build unix

package conformance

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/stats"
)

// withGRPC answers calls of the health service of gRPC on the same port.
func withGRPC(next http.Handler) http.Handler {
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			server.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// connections counts those of a client of grpc-go.
type connections struct {
	stats.Handler
	begun atomic.Int64
}

func (*connections) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*connections) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*connections) HandleRPC(context.Context, stats.RPCStats)                         {}
func (c *connections) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, ok := s.(*stats.ConnBegin); ok {
		c.begun.Add(1)
	}
}

// A client of grpc-go that does not retry keeps its connection, or is asked to
// leave it and loses no call.
func TestGRPCKeepsItsConnectionThroughTLS(t *testing.T) {
	p := startKept(t, secureEnv(t)...)
	made := &connections{}
	cc, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})),
		grpc.WithDisableRetry(), grpc.WithStatsHandler(made))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	stop := make(chan struct{})
	var calls atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			client := grpc_health_v1.NewHealthClient(cc)
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond): // a client that thinks
				}
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				if _, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
					t.Error(err)
				}
				cancel()
				calls.Add(1)
			}
		})
	}
	awaitMore(t, &calls, 10)
	for gen := 2; gen <= 1+generations && !t.Failed(); gen++ {
		p.upgrade(gen)
		awaitMore(t, &calls, 20)
	}
	close(stop)
	all.Wait()
	if n := made.begun.Load(); n > generations/2 {
		t.Errorf("%d connections over %d upgrades", n, generations)
	}
	t.Logf("%d calls, %d connections", calls.Load(), made.begun.Load())
	p.stop()
}

// With h2load, of nghttp2, no request fails, and hardly a connection ends.
func TestH2loadLosesNothingThroughTLS(t *testing.T) {
	if _, err := exec.LookPath("h2load"); err != nil {
		t.Skip("h2load is not installed (Debian: nghttp2-client)")
	}
	p := startKept(t, secureEnv(t)...)
	const n = 8000 // in five seconds, or more; then the next run begins
	done, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			out, err := exec.Command("h2load", "-c", "4", "-m", "2", "-n", fmt.Sprint(n), "--rps", "400", p.url("https", "who")).CombinedOutput()
			if err == nil && !bytes.Contains(out, fmt.Appendf(nil, "%d succeeded, 0 failed, 0 errored, 0 timeout", n)) {
				err = errors.New("not all requests succeeded")
			}
			if err != nil {
				ended <- fmt.Errorf("%w\n%s", err, out)
				return
			}
			select {
			case <-done:
				ended <- nil
				return
			default:
			}
		}
	}()
	for gen := 2; gen <= 1+generations; gen++ {
		p.upgrade(gen)
		select {
		case err := <-ended:
			t.Fatalf("after %d upgrades: %v", gen-1, err)
		case <-time.After(50 * time.Millisecond): // so that it has sent requests to the new one
		}
	}
	close(done)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	p.stop()
}

// A page in Chromium that sends requests all the time misses none.
func TestChromiumKeepsItsConnectionThroughTLS(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is not installed")
	}
	p := startKept(t, secureEnv(t)...)
	var seen string
	p.page = func(text string) { seen = text }
	cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors",
		"--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), p.url("https", "page"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	addrs := map[string]bool{}
	saw := func(generation int) {
		for {
			var gen int
			var addr, proto string
			if n, _ := fmt.Sscanf(seen, "%d %s %s", &gen, &addr, &proto); n == 3 {
				addrs[addr] = true
				if proto != "HTTP/2.0" {
					t.Fatalf("it speaks %s", proto)
				}
				if gen == generation {
					return
				}
			} else if seen != "" {
				t.Fatal(seen)
			}
			p.readLine()
		}
	}
	saw(1)
	for gen := 2; gen <= 1+generations; gen++ {
		p.upgrade(gen)
		saw(gen)
	}
	if len(addrs) > generations/2 {
		t.Errorf("%d connections over %d upgrades", len(addrs), generations)
	}
	t.Logf("%d connections", len(addrs))
	_ = cmd.Process.Kill()
	p.stop()
}
