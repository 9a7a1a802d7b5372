//go:build unix

package conformance

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// WebSockets of five libraries, event streams and long polls live on while the
// process is replaced again and again: no client has to connect again, nothing is
// missed, nothing comes twice or out of order.
func TestConnectionsLiveOnOverUpgrades(t *testing.T) { liveOn(t, startKept(t)) }

// The same through TLS.
func TestConnectionsThroughTLSLiveOnOverUpgrades(t *testing.T) { liveOn(t, startKeptTLS(t)) }

func liveOn(t *testing.T, p *keptProcess) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	var echoes, pushes, events, polls atomic.Int64
	for _, library := range []string{"gorilla", "coder", "gobwas", "gws", "xnet"} {
		for i := range 4 {
			all.Go(func() {
				talk := talkGorilla
				if i%2 == 1 {
					talk = talkCoder
				}
				if err := talk(p.url("ws", library), i >= 2, stop, &echoes, &pushes); err != nil {
					t.Errorf("%s, client %d: %v", library, i, err)
				}
			})
		}
	}
	for range 3 {
		all.Go(func() {
			if err := listen(p.url("http", "events"), stop, &events); err != nil {
				t.Errorf("events: %v", err)
			}
		})
		all.Go(func() {
			if err := pollUntil(p.url("http", "poll?wait=300ms"), stop, &polls); err != nil {
				t.Errorf("long poll: %v", err)
			}
		})
	}
	for gen := 2; gen <= 1+upgradesOr(20) && !t.Failed(); gen++ {
		p.upgrade(gen)
		awaitMore(t, &echoes, 50)
		awaitMore(t, &events, 10)
		awaitMore(t, &polls, 1)
		p.wantMoved(23) // without long polls: their number is unknown
	}
	close(stop)
	all.Wait()
	t.Logf("%d echoes, %d pushes, %d events, %d polls", echoes.Load(), pushes.Load(), events.Load(), polls.Load())
	p.stop()
}

// awaitMore waits until the counter has gone up by n.
func awaitMore(t *testing.T, counter *atomic.Int64, n int64) {
	t.Helper()
	goal := counter.Load() + n
	for end := time.Now().Add(patience); counter.Load() < goal && !t.Failed(); {
		if time.Now().After(end) {
			t.Fatalf("at %d, want %d", counter.Load(), goal)
		}
		time.Sleep(time.Millisecond) // polls a counter
	}
}
