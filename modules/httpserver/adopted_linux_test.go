package httpserver

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// The new server counts the time of a request from its first byte on, not from the
// arrival of an idle connection.
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
	if rest, err := io.ReadAll(slow.br); err != nil { // a 400 from net/http, and the end
		t.Errorf("got %q, %v, want the end", rest, err)
	}
}

func TestAdoptedConnectionKeepsAnIdleTimeout(t *testing.T) {
	t.Parallel()
	old, _, way := pairOf(t, tuned(func(hs *http.Server) { hs.IdleTimeout = brief }))
	c := old.dial()
	old.awaitConns(1)
	moveTo(t, old, way)
	c.wantClosed()
}

// These connections do not come from Accept of this server, and were accepted long
// ago.
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
		moveTo(t, old, way) // so that they come
		old.server.Resume()
		c := old.dial()
		c.send(post)
		c.wantAnswer("old POST abc")
		await(t, "the connection to be idle", func() bool { state, _ := old.server.conns.States(); return state["idle"] == 1 })
		old.ours().change(shorter)
		moveTo(t, old, way)
		old.server.Resume()
		c.send(post)
		c.wantAnswer("old POST abc")
		c.wantClosed()
	})
}
