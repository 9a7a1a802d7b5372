package httpserver

import (
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Resting connections move from rest; if the successor takes nothing, they go on
// resting.
func TestRestingConnectionsMove(t *testing.T) {
	old, next, way := pairOf(t, restsAfter(time.Millisecond))
	const n = 20
	var clients []*client
	for range n {
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		clients = append(clients, c)
	}
	old.atRest(n)
	way.refuse.Store(true)
	moveTo(t, old, way)
	old.server.Resume()
	old.atRest(n)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("old POST abc")
	}
	old.atRest(n)

	way.refuse.Store(false)
	moveTo(t, old, way)
	old.awaitConns(0)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("new POST abc")
	}
	next.atRest(n)
	old.stop(app.Reason{Kind: app.Replaced})
	if got := old.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 0 {
		t.Errorf("got counts %v of the old server", got)
	}
}

// A successor needs no goroutine for a connection before its client sends
// something, and its hooks are called only then.
func TestHandedConnectionsRestUntilTheySpeak(t *testing.T) {
	h, way := &hookLog{}, newRelay(t)
	old := serveOn(t, who("old"), restsAfter(time.Millisecond))
	next := serveFrom(t, way, who("new"), restsAfter(time.Hour), tuned(h.install))
	t.Cleanup(func() { way.Close() })
	speaks, silent, leaves := old.dial(), old.dial(), old.dial()
	for _, c := range []*client{speaks, silent, leaves} {
		c.send(post)
		c.wantAnswer("old POST abc")
	}
	old.atRest(3)
	moveTo(t, old, way)
	next.atRest(3)
	if state, _ := next.server.conns.States(); state["idle"] != 3 {
		t.Errorf("got %v, want three idle", state)
	}
	leaves.Close()
	next.atRest(2)
	speaks.send(post)
	speaks.wantAnswer("new POST abc")
	await(t, "the hook", func() bool { return h.only(t) == "[new active idle]" })
	silent.Close()
	next.awaitConns(1)
}

// Everything rests at once, the time keeps changing, and connections move to and
// fro: each request is answered, once.
func TestNothingIsLostWhileEverythingRests(t *testing.T) {
	way := newRelay(t)
	t.Cleanup(func() { way.Close() })
	old, next := newRig(t, nil, who("it")), newRig(t, way, who("it"), restsAfter(1))
	change := old.restsLive(1)
	old.start()
	next.start()

	done := make(chan struct{})
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			c := old.dial()
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				switch text := post + post; {
				case n%7 == i%7: // in pieces
					c.send(post[:n%len(post)])
					c.send(post[n%len(post):])
					c.wantAnswer("it POST abc")
				case n%5 == 0: // pipelined
					c.send(text)
					c.wantAnswer("it POST abc")
					c.wantAnswer("it POST abc")
				default:
					c.send(post)
					c.wantAnswer("it POST abc")
				}
			}
		})
	}
	for i := range 60 {
		change([]time.Duration{1, 0, time.Millisecond, 1}[i%4])
		<-time.After(time.Millisecond) // some requests
		if i%10 == 9 {
			way.refuse.Store(i%20 == 9)
			moveTo(t, old, way)
			old.server.Resume()
		}
	}
	close(done)
	work.Wait()
}

// A connection whose client has not sent anything to one successor moves on to the
// next, or stays if that takes nothing.
func TestHandedConnectionsMoveOnBeforeTheySpeak(t *testing.T) {
	first, second, way := pairOf(t, restsAfter(time.Millisecond))
	onward := newRelay(t)
	third := serveFrom(t, onward, who("third"), restsAfter(time.Millisecond))
	t.Cleanup(func() { onward.Close() })
	const n = 20
	var clients []*client
	for range n {
		c := first.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		clients = append(clients, c)
	}
	first.atRest(n)
	moveTo(t, first, way)
	second.atRest(n)

	onward.refuse.Store(true)
	moveTo(t, second, onward)
	second.server.Resume()
	second.atRest(n)
	clients[0].send(post)
	clients[0].wantAnswer("new POST abc")
	second.atRest(n)

	onward.refuse.Store(false)
	moveTo(t, second, onward)
	second.awaitConns(0)
	for _, c := range clients {
		c.send(post)
		c.wantAnswer("third POST abc")
	}
	third.atRest(n)
}
