package stream

import (
	"sync"
	"time"
)

// BarrierTime is how long connections that have moved together wait for one another
// at most.
const BarrierTime = 2 * time.Second

// Barrier keeps the handlers of connections that have moved together from receiving
// anything before all of them are there. Without it a hub in memory would pass a
// message on only to those that have already come.
type Barrier struct {
	mu      sync.Mutex
	missing int
	timer   *time.Timer
	full    chan struct{}
}

// NewBarrier returns a barrier for n connections. It opens after BarrierTime even
// if some are missing. It need not be closed.
func NewBarrier(n int) *Barrier {
	b := &Barrier{missing: n, full: make(chan struct{})}
	if n <= 0 {
		close(b.full)
		return b
	}
	b.timer = time.AfterFunc(BarrierTime, func() { b.less(n) })
	return b
}

// Arrive counts one connection that is there, or that will not come. The caller
// must count each once. It does not block.
func (b *Barrier) Arrive() { b.less(1) }

func (b *Barrier) less(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.missing <= 0 {
		return
	}
	if b.missing -= n; b.missing <= 0 {
		b.timer.Stop()
		close(b.full)
	}
}

// Wait blocks until all have arrived, for BarrierTime at most, or until hold is
// closed, which means that the connections are to move again.
func (b *Barrier) Wait(hold <-chan struct{}) {
	select {
	case <-b.full:
	case <-hold:
	}
}
