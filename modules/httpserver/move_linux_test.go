package httpserver

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// Whatever has arrived of a request when its connection moves, and wherever it was
// cut, it is answered, once, by one of the two servers, as it was sent.
func TestRequestCutAtAnyByteSurvivesTheMove(t *testing.T) { cutAtAnyByte(t) }

func TestRequestCutAtAnyByteSurvivesTheMoveOnAUnixSocket(t *testing.T) {
	cutAtAnyByte(t, onSocketOfItsOwn(t))
}

// onSocketOfItsOwn makes every server listen on another unix socket: here the two
// servers of a move do not share theirs.
func onSocketOfItsOwn(t *testing.T) rigOption {
	dir, n := t.TempDir(), 0
	return configured(func(c *Config) {
		n++
		c.Addr = fmt.Sprintf("unix:%s/%d", dir, n)
	})
}

func cutAtAnyByte(t *testing.T, opts ...rigOption) { cutAtEvery(t, 1, opts...) }

// cutAtEvery cuts at every so many bytes.
func cutAtEvery(t *testing.T, step int, opts ...rigOption) {
	old, _, way := pairOf(t, opts...)
	var clients []*client
	var cuts []int
	for _, b := range beforeACut {
		for cut := 0; cut < len(post); cut += step {
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

// A busy connection moves when its response is written, and does not say goodbye.
func TestBusyConnectionMovesWhenItsResponseIsWritten(t *testing.T) { busyMoves(t) }

func busyMoves(t *testing.T, opts ...rigOption) {
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
	}), opts...)
	serveFrom(t, way, who("new"), opts...)
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

// A connection that the successor cannot take is still served, and says goodbye;
// nothing is lost.
func TestConnectionThatComesBackIsServedOn(t *testing.T) { comesBack(t) }

func comesBack(t *testing.T, opts ...rigOption) {
	old, _, way := pairOf(t, append(opts, linger(time.Minute))...)
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
		said := false
		// It may still be to move when a request is answered: net/http reads
		// ahead and may have a part of the next one, as often as mostBusy of
		// conns; or it is on its way back.
		for range 20 {
			c.send(post)
			res, body := c.receive()
			if body != "old POST abc" {
				t.Errorf("got %q, want an answer", body)
			}
			if said = res.Close; said {
				break
			}
		}
		if !said {
			t.Error("no goodbye in twenty answers")
		}
		c.wantClosed()
	}
	old.wait()
}

// The successor holds what it was given, and dies. Requests that clients have sent
// in the meantime are answered here, whether the server goes on or stops as well.
func TestConnectionsThatASuccessorHeldComeBackUnharmed(t *testing.T) { heldComeBack(t) }

func heldComeBack(t *testing.T, opts ...rigOption) {
	for name, stops := range map[string]bool{"goes on": false, "stops": true} {
		t.Run(name, func(t *testing.T) {
			old, _, way := pairOf(t, opts...)
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
			if states, _ := old.server.conns.States(); states["moving"] != 2 {
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

func TestResumeUndoesAMove(t *testing.T) { resumeUndoes(t) }

func resumeUndoes(t *testing.T, opts ...rigOption) {
	old, _, way := pairOf(t, opts...)
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
		old.awaitPhase(conns.Parked, i+2) // before that the next request may be taken as part of this one
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
	c := old.dial() // into the queue, where a successor would find it; or accepted at the last moment, and moved
	c.send(post)
	await(t, "the queue", func() bool { return old.server.group()[0].Queued() == 1 || way.handed.Load() == 1 })
	old.server.Resume()
	c.receive()
}

// With http.tls.move off no TLS connection moves.
func TestConnectionsThroughTLSDoNotMoveIfSwitchedOff(t *testing.T) {
	opt, _ := withTLS(t, "test")
	old := serveOn(t, who("old"), opt)
	if err := old.server.Move(t.Context(), newRelay(t)); err == nil {
		t.Error("a server with TLS moves")
	}
	if len(old.app.Wiring().Movers()) != 0 {
		t.Error("a server with TLS is registered")
	}
}

// What a wrapper has read of a connection cannot go with it, so the connection
// stays, and is drained.
func TestWrappedConnectionsStay(t *testing.T) {
	for name, opt := range map[string]rigOption{"plain": configured(func(*Config) {}), "through TLS": throughTLS(t, nil)} {
		t.Run(name, func(t *testing.T) {
			way := newRelay(t)
			old := serveWrapped(t, wrappers["NetConn"], who("old"), opt, linger(time.Minute))
			serveFrom(t, way, who("new"), opt)
			t.Cleanup(func() { way.Close() })
			c := old.dial()
			c.send(post)
			c.wantAnswer("old POST abc")
			_ = old.server.Move(t.Context(), way) // without TLS it returns an error
			c.send(post)
			if res, body := c.receive(); body != "old POST abc" || res.StatusCode != http.StatusOK {
				t.Errorf("got %d %q, want the answer of the old one", res.StatusCode, body)
			}
			if n := way.handed.Load(); n != 0 {
				t.Errorf("%d connections moved, want none", n)
			}
			old.wantGoodbye(c)
		})
	}
}

// Connections that a successor has taken count there at once, and those that come
// back count here again.
func TestLimitHoldsAfterAHandOver(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		t.Run(fmt.Sprintf("refused %v", refused), func(t *testing.T) {
			t.Parallel()
			old, next, way := pairOf(t, configured(func(c *Config) { c.MaxConnections = 2 }))
			way.refuse.Store(refused)
			one, two := old.dial(), old.dial()
			for _, c := range []*client{one, two} {
				c.send(post)
				c.wantAnswer("old POST abc")
			}
			old.awaitPhase(conns.Parked, 2)
			moveTo(t, old, way)
			r, name := next, "new"
			if refused {
				old.server.Resume()
				r, name = old, "old"
			}
			r.awaitConns(2)
			r.awaitPhase(conns.Parked, 2)
			three := r.dial()
			three.send(post)
			for range 100 { // a client beyond the limit would be faster than these
				one.send(post)
				one.wantAnswer(name + " POST abc")
				if n := r.server.conns.Len(); n > 2 {
					t.Fatalf("got %d connections with a limit of 2", n)
				}
			}
			two.Close()
			three.wantAnswer(name + " POST abc")
		})
	}
}
