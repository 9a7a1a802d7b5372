package httpserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

// relay connects two servers in one process: what the first hands over the second
// accepts, on other descriptors, as if it were another process.
type relay struct {
	t      *testing.T
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
	refuse atomic.Bool // the successor can take nothing
	handed atomic.Int64
	check  func(*app.HandedConn) error
	kinds  []string            // of connections with a state, which the second server takes
	damage func([]byte) []byte // to states on their way, if not nil
	tries  atomic.Int64        // to open connections in the second process
	scarce atomic.Bool         // the second process may hold no more files

	unopened bool          // the second server takes descriptors
	held     chan struct{} // if not nil: done is called only once it is closed
}

func newRelay(t *testing.T) *relay {
	return &relay{t: t, queue: make(chan net.Conn, 1000), closed: make(chan struct{})}
}

func (r *relay) Hand(_ string, c net.Conn, done func(bool)) { r.pass(c, nil, done) }

// Takes implements app.StateSuccessor.
func (r *relay) Takes(_, kind string) bool { return slices.Contains(r.kinds, kind) }

// HandWith implements app.StateSuccessor.
func (r *relay) HandWith(_ string, c *app.HandedConn, done func(bool)) error {
	state := bytes.Clone(c.State)
	if r.damage != nil {
		state = r.damage(state)
	}
	r.pass(c.Conn, &app.HandedConn{Kind: c.Kind, Unread: bytes.Clone(c.Unread), State: state}, done)
	return nil
}

func (r *relay) pass(c net.Conn, with *app.HandedConn, done func(bool)) {
	go func() {
		if r.held != nil {
			r.handed.Add(1)
			<-r.held
		}
		if r.refuse.Load() {
			done(false)
			return
		}
		copied, err := r.copyOf(c, with == nil)
		if err != nil {
			r.t.Error(err)
			done(false)
			return
		}
		if with != nil {
			with.Conn = copied
			if r.check(with) != nil {
				_ = copied.Close()
				done(false)
				return
			}
			copied = with
		}
		r.handed.Add(1)
		done(true)
		r.queue <- copied
	}()
}

func (r *relay) copyOf(c net.Conn, plain bool) (net.Conn, error) {
	if !plain || !r.unopened {
		return copyOf(c)
	}
	fd, err := duplicate(c)
	return &unopened{fd: fd, way: r}, err
}

// copyOf returns c on another descriptor. The File method of a connection would
// make both blocking.
func copyOf(c net.Conn) (net.Conn, error) {
	fd, err := duplicate(c)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "copy")
	defer f.Close()
	return net.FileConn(f)
}

func duplicate(c net.Conn) (fd int, err error) {
	if u, ok := c.(app.Unopened); ok {
		return unix.FcntlInt(uintptr(u.Descriptor()), unix.F_DUPFD_CLOEXEC, 0)
	}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, err
	}
	bad := raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(bad, err)
}

// unopened is a connection that is only a descriptor. It cannot be opened while
// scarce is set.
type unopened struct {
	net.Conn
	fd  int
	way *relay
}

func (u *unopened) Descriptor() int { return u.fd }
func (u *unopened) Close() error    { return unix.Close(u.fd) }

func (u *unopened) Open() (net.Conn, error) {
	u.way.tries.Add(1)
	if u.way.scarce.Load() {
		return nil, unix.EMFILE
	}
	f := os.NewFile(uintptr(u.fd), "connection")
	defer f.Close()
	return net.FileConn(f)
}

func (r *relay) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	return app.OpenSockets().Listen(ctx, name, network, address)
}

func (r *relay) HandedOver(string) net.Listener { return r }

// HandedOverWith implements app.StateSource.
func (r *relay) HandedOverWith(_ string, o app.HandoverOptions) net.Listener {
	r.kinds, r.check, r.unopened = o.Kinds, o.Check, o.Unopened
	return r
}

func (r *relay) Accept() (net.Conn, error) {
	select {
	case c := <-r.queue:
		return c, nil
	case <-r.closed:
		return nil, net.ErrClosed
	}
}

func (r *relay) Close() error   { r.once.Do(func() { close(r.closed) }); return nil }
func (r *relay) Addr() net.Addr { return &net.TCPAddr{} }

func who(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", name, r.Method, body)
	})
}

func moveTo(t *testing.T, from *rig, way *relay) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := from.server.Move(ctx, way); err != nil {
		t.Fatal(err)
	}
}

// wantGoodbye replaces the process of a connection that has stayed: its next
// response asks the client to leave.
func (r *rig) wantGoodbye(c *client) {
	r.t.Helper()
	r.stop(app.Reason{Kind: app.Replaced})
	r.awaitUnbind()
	c.send(post)
	if res, _ := c.receive(); !res.Close {
		r.t.Error("the response does not say goodbye")
	}
	r.wait()
}

// pairOf starts an old and a new server, and the relay between them.
func pairOf(t *testing.T, opts ...rigOption) (old, next *rig, way *relay) {
	t.Helper()
	way = newRelay(t)
	old = serveOn(t, who("old"), opts...)
	next = serveFrom(t, way, who("new"), opts...)
	t.Cleanup(func() { way.Close() })
	return old, next, way
}

func (c *client) wantAnswer(want string) {
	c.t.Helper()
	res, body := c.receive()
	if body != want || res.Close {
		c.t.Errorf("got %q (close %v), want %q on a connection that stays", body, res.Close, want)
	}
}

// untilMoved sends requests until the new server answers. A request that comes
// directly after a response may find the old server still reading, to see whether
// its client goes away. Then the old server answers it.
func (c *client) untilMoved() {
	c.t.Helper()
	for answer := ""; answer != "new POST abc"; {
		c.send(post)
		var res *http.Response
		if res, answer = c.receive(); res.Close || answer != "old POST abc" && answer != "new POST abc" {
			c.t.Fatalf("got %q, close %v", answer, res.Close)
		}
	}
}
