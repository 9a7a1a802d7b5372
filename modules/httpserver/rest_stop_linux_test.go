package httpserver

import (
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// A stop closes resting connections after the linger, and answers requests that
// come before.
func TestStopLetsRestingConnectionsLinger(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), linger(2*brief))
	speaks, silent := r.dial(), r.dial()
	for _, c := range []*client{speaks, silent} {
		c.send(post)
		c.wantAnswer("it POST abc")
	}
	r.atRest(2)
	r.term()
	r.awaitUnbind()
	speaks.send(post)
	if res, body := speaks.receive(); body != "it POST abc" || !res.Close {
		t.Errorf("got %q, close %v", body, res.Close)
	}
	silent.wantClosed()
	if got := r.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 1 {
		t.Errorf("got %v, want one closed while idle", got)
	}
}

// A stop that has no time for the linger cuts resting connections.
func TestStopWithoutTimeCutsRestingConnections(t *testing.T) {
	r := serveOn(t, who("it"), restsAfter(time.Millisecond), linger(time.Hour), stopTimeout(brief))
	c := r.dial()
	c.send(post)
	c.wantAnswer("it POST abc")
	r.atRest(1)
	r.term()
	c.wantClosed()
	r.wait()
	if n := r.server.conns.Len(); n != 0 {
		t.Errorf("%d connections left", n)
	}
}

// net/http reads twice before the first request if it speaks HTTP/2 without TLS.
func TestStopClosesAConnectionThatMaySpeakHTTP2(t *testing.T) {
	r := serveOn(t, who("it"), tuned(cleartext), linger(0))
	c := r.dial()
	r.awaitPhase(conns.Parked, 1)
	began := time.Now()
	r.term()
	c.wantClosed()
	r.wait()
	if d := time.Since(began); d > DefaultConfig().ReadHeaderTimeout {
		t.Errorf("it took %v", d)
	}
}
