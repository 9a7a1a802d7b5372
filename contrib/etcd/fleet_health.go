package etcd

import (
	"context"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// redAfter is how many readings in a row make an instance red: one may be an
// accident.
const redAfter = 3

// health reads the readiness of this instance now and then. Checks may block, so
// nothing waits for an answer.
type health struct {
	app  *app.App
	wake chan struct{} // an answer has come; holds one

	mu   sync.Mutex // guards everything below
	busy bool
	next time.Time // the time of the next reading
	reds int       // readings in a row
	now  reading
}

// reading is an answer of the readiness probe.
type reading struct {
	known, ready bool
	text         string // why it is not
}

// look returns the last reading, and takes another one if it is time.
func (h *health) look(ctx context.Context, all *sync.WaitGroup) reading {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.busy && !time.Now().Before(h.next) {
		h.busy = true
		all.Go(func() { h.read(ctx) })
	}
	return h.now
}

func (h *health) read(ctx context.Context) {
	ok, text := h.app.Wiring().Readiness(ctx)
	h.mu.Lock()
	h.busy, h.next = false, time.Now().Add(time.Second)
	if ok {
		h.reds, h.now = 0, reading{known: true, ready: true}
	} else if h.reds++; h.reds >= redAfter || !h.now.known {
		h.now = reading{known: true, text: text}
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// pace is how long to wait until the next reading.
func (h *health) pace(rolling bool) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !rolling && h.reds == 0 && h.now.known {
		h.next = time.Now().Add(idleReading)
	}
	return max(time.Until(h.next), 10*time.Millisecond)
}

// idleReading is between two readings while nothing is rolled out.
const idleReading = 5 * time.Second
