package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

// relay is the way between two servers in one process: what the first hands on the second accepts, on descriptors of
// its own, as if it were another process.
type relay struct {
	t      *testing.T
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
	refuse atomic.Bool // the successor can take nothing
	handed atomic.Int64
	held   chan struct{} // if not nil: nobody is told what has become of a connection before it is closed
}

func newRelay(t *testing.T) *relay {
	return &relay{t: t, queue: make(chan net.Conn, 1000), closed: make(chan struct{})}
}

func (r *relay) Hand(_ string, c net.Conn, done func(bool)) {
	go func() {
		if r.held != nil {
			r.handed.Add(1)
			<-r.held
		}
		if r.refuse.Load() {
			done(false)
			return
		}
		copied, err := copyOf(c)
		if err != nil {
			r.t.Error(err)
			done(false)
			return
		}
		r.handed.Add(1)
		done(true)
		r.queue <- copied
	}()
}

// copyOf is c on another descriptor. The File method of a connection would make both blocking.
func copyOf(c net.Conn) (net.Conn, error) {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if bad := raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) }); bad != nil || err != nil {
		return nil, errors.Join(bad, err)
	}
	f := os.NewFile(uintptr(fd), "copy")
	defer f.Close()
	return net.FileConn(f)
}

func (r *relay) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	return app.OpenSockets().Listen(ctx, name, network, address)
}
func (r *relay) Adopted(string) net.Listener { return r }
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

// pairOf starts an old and a new server, and the way between them.
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

// untilMoved sends requests until the new server answers. One that comes on the heels of a response may find the old
// one still listening, to see whether its client goes away. Then it is the old one's.
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

// Whatever has arrived of a request when its connection moves, and wherever it was cut: it is answered, once, by one
// of the two, as it was sent.
func TestRequestCutAtAnyByteSurvivesTheMove(t *testing.T) { cutAtAnyByte(t) }

func TestRequestCutAtAnyByteSurvivesTheMoveOnAUnixSocket(t *testing.T) {
	cutAtAnyByte(t, onSocketOfItsOwn(t))
}

// onSocketOfItsOwn lets every server listen on another unix socket: here the two of a move do not share theirs.
func onSocketOfItsOwn(t *testing.T) rigOption {
	dir, n := t.TempDir(), 0
	return configured(func(c *Config) {
		n++
		c.Addr = fmt.Sprintf("unix:%s/%d", dir, n)
	})
}

func cutAtAnyByte(t *testing.T, opts ...rigOption) {
	old, _, way := pairOf(t, opts...)
	before := []struct {
		name string
		text string // sent in one write with the first part of the request
		own  bool   // in a write of its own, with its response awaited
	}{
		{"on a new connection", "", false},
		{"on an idle connection", post, true},
		{"pipelined", post, false},
	}
	var clients []*client
	var cuts []int
	for _, b := range before {
		for cut := range len(post) {
			c := old.dial()
			if b.own {
				c.send(b.text)
				c.wantAnswer("old POST abc")
				c.send(post[:cut])
			} else {
				c.send(b.text + post[:cut])
				if b.text != "" {
					c.wantAnswer("old POST abc")
				}
			}
			clients, cuts = append(clients, c), append(cuts, cut)
		}
	}
	old.awaitConns(len(clients))
	moveTo(t, old, way)
	for i, c := range clients {
		c.send(post[cuts[i]:])
		res, body := c.receive()
		if res.StatusCode != http.StatusOK || body != "old POST abc" && body != "new POST abc" || res.Close {
			t.Errorf("cut at %d: got %d %q, close %v", cuts[i], res.StatusCode, body, res.Close)
		}
	}
	for _, c := range clients {
		c.untilMoved()
	}
	if got, want := way.handed.Load(), int64(len(clients)); got != want {
		t.Errorf("%d connections moved, want %d", got, want)
	}
	old.stop(app.Reason{Kind: app.Replaced})
	if got := old.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 0 {
		t.Errorf("got counts %v of the old server, want nothing cut or closed", got)
	}
}

// A busy connection moves when its response is written, and is not told to leave.
func TestBusyConnectionMovesWhenItsResponseIsWritten(t *testing.T) {
	way := newRelay(t)
	d := newDoor()
	first := true
	old := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			d.ServeHTTP(w, r)
			return
		}
		who("old").ServeHTTP(w, r)
	}))
	serveFrom(t, way, who("new"))
	t.Cleanup(func() { way.Close() })
	c := old.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-d.entered
	moveTo(t, old, way)
	old.stop(app.Reason{Kind: app.Replaced})
	old.awaitUnbind()
	close(d.leave)
	if res, _ := c.receive(); res.Close {
		t.Error("the response says goodbye")
	}
	c.untilMoved()
	old.wait()
}

// What the successor cannot take is served on, told to leave, and missed by nobody.
func TestConnectionThatComesBackIsServedOn(t *testing.T) {
	old, _, way := pairOf(t, linger(time.Minute))
	way.refuse.Store(true)
	idle, silent := old.dial(), old.dial()
	idle.send(post)
	idle.wantAnswer("old POST abc")
	old.awaitConns(2)
	moveTo(t, old, way)
	idle.send(post)
	idle.wantAnswer("old POST abc")
	old.stop(app.Reason{Kind: app.Replaced})
	old.awaitUnbind()
	for _, c := range []*client{idle, silent} {
		c.send(post)
		if res, body := c.receive(); body != "old POST abc" || !res.Close {
			t.Errorf("got %q, close %v, want an answer with a goodbye", body, res.Close)
		}
		c.wantClosed()
	}
	old.wait()
}

// The successor holds what it was given, and dies. What clients have sent meanwhile is answered here, whether the
// server goes on or was told to stop as well.
func TestConnectionsThatASuccessorHeldComeBackUnharmed(t *testing.T) {
	for name, stops := range map[string]bool{"goes on": false, "stops": true} {
		t.Run(name, func(t *testing.T) {
			old, _, way := pairOf(t)
			way.refuse.Store(true)
			way.held = make(chan struct{})
			idle, silent := old.dial(), old.dial()
			idle.send(post)
			idle.wantAnswer("old POST abc")
			old.awaitConns(2)
			moveTo(t, old, way) // does not wait for an answer
			await(t, "both to be held", func() bool { return way.handed.Load() == 2 })
			for _, c := range []*client{idle, silent} {
				c.send(post)
			}
			if states, _ := old.server.conns.count(); states["moving"] != 2 {
				t.Errorf("got connections %v, want two that move", states)
			}
			if stops {
				old.stop(app.Reason{Kind: app.Requested})
				old.awaitUnbind()
			}
			old.server.Resume()
			close(way.held)
			for _, c := range []*client{idle, silent} {
				if res, body := c.receive(); body != "old POST abc" || res.Close != stops {
					t.Errorf("got %q, close %v", body, res.Close)
				}
			}
			if stops {
				if got := old.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 0 {
					t.Errorf("got counts %v, want nothing cut or closed", got)
				}
			}
		})
	}
}

func TestResumeUndoesAMove(t *testing.T) {
	old, _, way := pairOf(t)
	way.refuse.Store(true)
	c := old.dial()
	for i := range 2 {
		moveTo(t, old, way)
		old.server.Resume()
		c.send(post)
		c.wantAnswer("old POST abc")
		fresh := old.dial()
		fresh.send(post)
		fresh.wantAnswer("old POST abc")
		old.awaitPhase(parked, i+2) // before that the next request may be taken as part of this one
	}
	way.refuse.Store(false)
	moveTo(t, old, way)
	c.send(post)
	c.wantAnswer("new POST abc")
	await(t, "all 3 connections to move in the end", func() bool { return way.handed.Load() == 3 })
}

func TestPausedServerDoesNotAccept(t *testing.T) {
	old, _, way := pairOf(t)
	moveTo(t, old, way)
	c := old.dial() // into the queue, where a successor would find it; or, in the last moment, accepted and moved
	c.send(post)
	await(t, "the queue", func() bool { return queued(old.server.listener.Listener) == 1 || way.handed.Load() == 1 })
	old.server.Resume()
	c.receive()
}

// The new server reckons the time for a request from its first byte on, not from the arrival of an idle connection.
func TestAdoptedConnectionMayBeIdleLongerThanARequestMayTake(t *testing.T) {
	t.Parallel()
	const limit = 4 * time.Second
	way := newRelay(t)
	old := serveOn(t, who("old"))
	serveFrom(t, way, who("new"), tuned(func(hs *http.Server) { hs.ReadHeaderTimeout, hs.ReadTimeout = limit, limit }))
	t.Cleanup(func() { way.Close() })
	c, slow := old.dial(), old.dial()
	c.send(post)
	c.wantAnswer("old POST abc")
	old.awaitConns(2)
	moveTo(t, old, way)
	<-time.After(limit + limit/4) // longer than the timeout
	head, body := post[:len(post)-3], post[len(post)-3:]
	c.send(head)
	<-time.After(limit / 20) // a slow client
	c.send(body)
	c.wantAnswer("new POST abc")
	slow.send("POST / HT")                            // and now the time runs
	if rest, err := io.ReadAll(slow.br); err != nil { // a 400 of net/http's, and the end
		t.Errorf("got %q, %v, want the end", rest, err)
	}
}

func TestAdoptedConnectionKeepsAnIdleTimeout(t *testing.T) {
	t.Parallel()
	old, _, way := pairOf(t, tuned(func(hs *http.Server) { hs.IdleTimeout = 200 * time.Millisecond }))
	c := old.dial()
	old.awaitConns(1)
	moveTo(t, old, way)
	c.wantClosed()
}

func TestConnectionsThroughTLSDoNotMove(t *testing.T) {
	opt, _ := withTLS(t, "test")
	old := serveOn(t, who("old"), opt)
	if err := old.server.Move(t.Context(), newRelay(t)); err == nil {
		t.Error("a server with TLS moves")
	}
	if len(old.app.Wiring().Movers()) != 0 {
		t.Error("a server with TLS is registered")
	}
}

// Clients that never retry, and never connect again, work through a move.
func TestMoveUnderLoadLosesNothing(t *testing.T) { moveUnderLoad(t) }

func TestMoveUnderLoadOnAUnixSocketLosesNothing(t *testing.T) {
	moveUnderLoad(t, onSocketOfItsOwn(t))
}

func moveUnderLoad(t *testing.T, opts ...rigOption) {
	old, _, way := pairOf(t, opts...)
	var clients sync.WaitGroup
	stop := make(chan struct{})
	var answers atomic.Int64
	for range 64 {
		c := old.dial()
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := io.WriteString(c, post); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				res, err := http.ReadResponse(c.br, nil)
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if body, err := io.ReadAll(res.Body); err != nil || res.Close || len(body) != len("new POST abc") {
					t.Errorf("got %q, %v, close %v", body, err, res.Close)
					return
				}
				answers.Add(1)
			}
		})
	}
	// What waits in the accept queue belongs to who holds the socket as well; here that is nobody.
	await(t, "load on every connection", func() bool { return answers.Load() > 1000 && old.server.conns.len() == 64 })
	moveTo(t, old, way)
	old.stop(app.Reason{Kind: app.Replaced})
	report := old.wait()
	after := answers.Load()
	await(t, "load on the new server", func() bool { return answers.Load() > after+1000 })
	close(stop)
	clients.Wait()
	if got := report.Counts(); got["cut"] != 0 || got["idle_closed"] != 0 || way.handed.Load() != 64 {
		t.Errorf("got %v, %d moved, want 64 and nothing lost", got, way.handed.Load())
	}
}

// They come in through another door than those that are accepted, and were accepted long ago.
func TestTimeoutsChangeForAdoptedConnectionsAndForThoseThatComeBack(t *testing.T) {
	t.Parallel()
	shorter := func(c *Config) { c.IdleTimeout = brief }
	t.Run("adopted", func(t *testing.T) {
		old, next, way := pairOf(t)
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		next.ours().change(shorter)
		moveTo(t, old, way)
		c.untilMoved()
		c.wantClosed()
	})
	t.Run("back", func(t *testing.T) {
		old, _, way := pairOf(t)
		way.refuse.Store(true)
		moveTo(t, old, way) // opens the door
		old.server.Resume()
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		await(t, "the connection to be idle", func() bool { state, _ := old.server.conns.count(); return state["idle"] == 1 })
		old.ours().change(shorter)
		moveTo(t, old, way)
		old.server.Resume()
		c.send(post)
		c.wantAnswer("old POST abc")
		c.wantClosed()
	})
}
