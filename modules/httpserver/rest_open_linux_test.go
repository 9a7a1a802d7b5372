package httpserver

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// handedWhileScarce hands a connection to a process that may hold no more files,
// and sends a request on it.
func handedWhileScarce(t *testing.T, opts ...rigOption) (next *rig, way *relay, c *client) {
	t.Helper()
	old, next, way := pairOf(t, opts...)
	c = old.dial()
	c.send(post)
	c.wantAnswer("old POST abc")
	old.awaitPhase(conns.Parked, 1)
	way.scarce.Store(true)
	moveTo(t, old, way)
	next.awaitConns(1)
	c.send(post)
	await(t, "it to be tried again", func() bool { return way.tries.Load() > 2 })
	return next, way, c
}

// While a process may hold no more files, a connection that it was handed waits
// with its request; none is lost.
func TestHandedConnectionWaitsForAFreeDescriptor(t *testing.T) {
	for name, after := range map[string]time.Duration{"rests": time.Millisecond, "nothing rests": 0} {
		t.Run(name, func(t *testing.T) {
			next, way, c := handedWhileScarce(t, restsAfter(after))
			c.send(post)
			c.send(post)
			if state, _ := next.server.conns.States(); state["idle"] != 1 {
				t.Errorf("got %v, want one idle", state)
			}
			way.scarce.Store(false)
			for range 3 {
				c.wantAnswer("new POST abc")
			}
		})
	}
}

// A process without a free descriptor tries less and less often.
func TestHandedConnectionIsNotTriedInALoop(t *testing.T) {
	_, way, _ := handedWhileScarce(t, restsAfter(0))
	before := way.tries.Load()
	const span = 600 * time.Millisecond
	<-time.After(span) // for more tries than there may be
	if n := way.tries.Load() - before; n > 9 {
		t.Errorf("tried %d times within %v", n, span)
	}
	way.scarce.Store(false)
}

// A stop of a process without a free descriptor does not wait for one: it answers
// what it can until its time is over.
func TestStopWithoutAFreeDescriptorEnds(t *testing.T) {
	for name, after := range map[string]time.Duration{"rests": time.Millisecond, "nothing rests": 0} {
		t.Run(name+", and one comes free", func(t *testing.T) {
			next, way, c := handedWhileScarce(t, restsAfter(after))
			next.term()
			next.awaitUnbind()
			way.scarce.Store(false)
			if res, body := c.receive(); body != "new POST abc" || !res.Close {
				t.Errorf("got %q, close %v", body, res.Close)
			}
			next.wait()
		})
		t.Run(name+", and none does", func(t *testing.T) {
			next, way, c := handedWhileScarce(t, restsAfter(after), stopTimeout(2*brief))
			next.term()
			if b, err := c.br.ReadByte(); err == nil {
				t.Errorf("got %q, want a connection that is cut", b)
			}
			next.wait()
			if n := next.server.conns.Len(); n != 0 {
				t.Errorf("%d connections left", n)
			}
			tries := way.tries.Load()
			<-time.After(brief) // longer than a pause between two tries
			if n := way.tries.Load(); n != tries {
				t.Errorf("it is still tried, %d times since the end", n-tries)
			}
		})
	}
}

// A process without a free descriptor answers what rests in it, and goes on without
// giving up Go's connections.
func TestConnectionRestsWithoutAFreeDescriptor(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond))
	clients := []*client{r.dial(), r.dial()}
	serve := func() {
		t.Helper()
		for _, c := range clients {
			c.send(post)
			c.wantAnswer("it POST abc")
		}
		r.atRest(len(clients))
	}
	serve()
	release := useUp(t)
	serve()
	serve()
	release()
	serve()
}

// A connection may have another descriptor after each rest. However often it
// rests, the kernel holds one entry for it.
func TestRestsLeaveNothingInTheKernel(t *testing.T) {
	var files []*os.File // so that the next rest has another descriptor
	takesOne := func(w http.ResponseWriter, _ *http.Request) {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Error(err)
			return
		}
		files = append(files, f)
	}
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	// Before its client has acknowledged the answer it rests as a connection.
	const delayedAck = 40 * time.Millisecond
	r := serveOn(t, http.HandlerFunc(takesOne), restsAfter(2*delayedAck))
	c := r.dial()
	const rests = 8
	before := 0
	for i := range rests {
		c.send(post)
		c.wantAnswer("")
		r.atRest(1)
		if i == 0 {
			before = polled(t)
		}
	}
	got := polled(t)
	if got > before+rests/2 {
		t.Errorf("%d entries after the first rest, %d after %d", before, got, rests)
	}
}

// polled returns how many descriptors the epoll sets of this process hold.
func polled(t *testing.T) (n int) {
	t.Helper()
	sets, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range sets {
		if is, _ := os.Readlink(path); is == "anon_inode:[eventpoll]" {
			info, _ := os.ReadFile("/proc/self/fdinfo/" + filepath.Base(path))
			n += strings.Count(string(info), "tfd:")
		}
	}
	return n
}

// useUp takes all descriptors that this process may have, until release.
func useUp(t *testing.T) (release func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 256
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	var fds []int
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		fds = append(fds, fd)
	}
	release = sync.OnceFunc(func() {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	})
	t.Cleanup(release)
	return release
}
