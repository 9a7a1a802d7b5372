//go:build unix

package httpserver

import (
	"bufio"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var stops = flag.Int("stops", 2, "how many stops under load each load test makes; 50 proves the promise")

// losses counts what clients that never retry have lost, by cause.
type losses struct {
	mu       sync.Mutex
	answered int
	lost     map[string]int
}

func (l *losses) add(answered int, lost string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered += answered
	if lost != "" {
		l.lost[lost]++
	}
}

// hammer sends requests to addr until the port refuses it. Each request is sent
// once. Before it uses a connection again it checks whether the server has closed
// it, as a good client does; whatever fails after that check is a loss.
func hammer(addr string, secure bool, think time.Duration, reuse bool, total *losses) {
	answered := 0
	lost := func() string {
		var c net.Conn
		var br *bufio.Reader
		defer func() {
			if c != nil {
				c.Close()
			}
		}()
		for i := 0; ; i++ {
			if c != nil && (!reuse || closedByPeer(c)) {
				c.Close()
				c = nil
			}
			age := "reused"
			if c == nil {
				var err error
				network := "tcp"
				if strings.HasPrefix(addr, "/") {
					network = "unix"
				}
				if c, err = net.DialTimeout(network, addr, patience); errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
					return ""
				} else if err != nil {
					return "dial: " + err.Error()
				}
				if secure {
					c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
				}
				br = bufio.NewReader(c)
				c.SetDeadline(time.Now().Add(patience))
				age = "new"
			}
			body := fmt.Sprintf("%08d", i)
			if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\n%s", body); err != nil {
				return "write on " + age + ": " + kind(err)
			}
			res, err := http.ReadResponse(br, nil)
			if err != nil {
				return "read on " + age + ": " + kind(err)
			}
			got, err := io.ReadAll(res.Body)
			if err != nil || string(got) != body {
				return fmt.Sprintf("body on %s: %v, %q instead of %q", age, err, got, body)
			}
			answered++
			if res.Close {
				c.Close()
				c = nil
			}
			if think > 0 {
				<-time.After(rand.N(think)) // a client that thinks
			}
		}
	}()
	total.add(answered, lost)
}

func kind(err error) string {
	for _, k := range []error{syscall.ECONNRESET, syscall.EPIPE, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, k) {
			return k.Error()
		}
	}
	return err.Error()
}

func closedByPeer(c net.Conn) bool {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		closed = n == 0 && err == nil || err != nil && err != unix.EAGAIN
	})
	return closed
}

func TestStopUnderLoadLosesNothing(t *testing.T) {
	needsHoldBack(t)
	tests := []struct {
		name    string
		clients int
		secure  bool
		think   time.Duration
		reuse   bool
		unix    bool
	}{
		{"keep-alive at full speed", 64, false, 0, true, false},
		{"keep-alive with pauses", 64, false, 20 * time.Millisecond, true, false},
		{"keep-alive through TLS", 32, true, 20 * time.Millisecond, true, false},
		{"a new connection for each request", 32, false, 0, false, false},
		{"keep-alive on a unix socket", 64, false, 5 * time.Millisecond, true, true},
		{"a new connection for each request on a unix socket", 32, false, 0, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			total := losses{lost: map[string]int{}}
			for range *stops {
				var served atomic.Int64
				count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { served.Add(1); echo(w, r) })
				var opts []rigOption
				if tt.secure {
					opt, _ := withTLS(t, "test")
					opts = append(opts, opt)
				}
				if tt.unix {
					opts = append(opts, onSocket(filepath.Join(shortDir(t), "s"), ""))
				}
				r := serveOn(t, count, opts...)
				var clients sync.WaitGroup
				for range tt.clients {
					clients.Go(func() { hammer(r.addr, tt.secure, tt.think, tt.reuse, &total) })
				}
				await(t, "load", func() bool { return served.Load() > int64(10*tt.clients) })
				r.term()
				r.wait()
				clients.Wait()
			}
			if len(total.lost) > 0 {
				t.Errorf("%d answered, lost: %v", total.answered, total.lost)
			}
			t.Logf("%d answered over %d stops", total.answered, *stops)
		})
	}
}

// Settings that change ten times a second cost no client its request.
func TestReloadsUnderLoadLoseNothing(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls %v", secure), func(t *testing.T) {
			t.Parallel()
			var opts []rigOption
			if secure {
				opt, _ := withTLS(t, "test")
				opts = append(opts, opt)
			}
			// A handshake that takes longer than the linger is closed.
			opts = append(opts, linger(patience), stopTimeout(2*patience))
			r := serveOn(t, http.HandlerFunc(echo), opts...).ours()
			total := losses{lost: map[string]int{}}
			var clients sync.WaitGroup
			for i := range 16 {
				clients.Go(func() { hammer(r.addr, secure, 5*time.Millisecond, i%2 == 0, &total) })
			}
			for i := range 20 {
				r.change(func(c *Config) {
					c.IdleTimeout, c.ReadTimeout = time.Duration(i+1)*time.Hour, time.Duration(i)*time.Minute
				})
				<-time.After(20 * time.Millisecond) // clients send requests between two changes
			}
			r.term()
			counts := r.wait().Counts()
			clients.Wait()
			if len(total.lost) > 0 || total.answered == 0 {
				t.Errorf("%d answered, lost: %v; the stop counts %v", total.answered, total.lost, counts)
			}
		})
	}
}

// shortDir is a folder whose path leaves room for the name of a socket, which may
// have 103 bytes on some systems: t.TempDir has the name of the test in it.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
