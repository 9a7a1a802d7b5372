//go:build unix

package conformance

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// WebSockets that begin at any moment of an upgrade, and end after a few messages,
// lose none of them: with every library, compressed or not, through TLS or not.
func TestWebSocketsThatBeginDuringUpgrades(t *testing.T) {
	for name, start := range map[string]func(*testing.T, ...string) *keptProcess{"plain": startKept, "TLS": startKeptTLS} {
		t.Run(name, func(t *testing.T) { beginOver(t, start(t)) })
	}
}

func beginOver(t *testing.T, p *keptProcess) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	var echoes, pushes, begun atomic.Int64
	begin := func(library string, compress bool) error {
		brief := make(chan struct{})
		time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, func() { close(brief) })
		talk := talkGorilla
		if compress {
			talk = talkCoder
		}
		begun.Add(1)
		return talk(p.url("ws", library), compress, brief, &echoes, &pushes)
	}
	for _, library := range []string{"gorilla", "coder", "gobwas", "gws", "xnet"} {
		for _, compress := range []bool{false, true} {
			all.Go(func() {
				for !over(stop) {
					if err := begin(library, compress); err != nil {
						t.Errorf("%s, compressed: %v: %v", library, compress, err)
						return
					}
				}
			})
		}
	}
	for gen := 2; gen <= 1+upgradesOr(5) && !t.Failed(); gen++ {
		p.upgrade(gen)
		awaitMore(t, &begun, 50)
	}
	close(stop)
	all.Wait()
	transport.CloseIdleConnections()
	t.Logf("%d WebSockets, %d echoes, %d pushes", begun.Load(), echoes.Load(), pushes.Load())
	p.stop()
}

// over reports whether c is closed.
func over(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
