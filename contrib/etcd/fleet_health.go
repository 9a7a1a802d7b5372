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

// health reads the readiness of this instance from time to time. Checks may block,
// so nothing waits for an answer.
type health struct {
	app  *app.App
	wake chan struct{} // an answer has come; holds one

	mu    sync.Mutex // guards everything below
	busy  bool
	again bool      // a reading must begin when this one has ended
	next  time.Time // the time of the next reading
	reds  int       // readings in a row
	now   reading
}

// reading is an answer of the readiness probe.
type reading struct {
	green bool // the last answer
	red   bool // several answers in a row were the same
	text  string
}

// look returns the last reading, and begins another one if it is time.
func (h *health) look(ctx context.Context, all *sync.WaitGroup) reading {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.busy && !time.Now().Before(h.next) {
		h.busy, h.again = true, false
		all.Go(func() { h.read(ctx) })
	}
	return h.now
}

func (h *health) read(ctx context.Context) {
	ok, text := h.app.Wiring().Readiness(ctx)
	h.mu.Lock()
	h.busy, h.next = false, time.Now().Add(mostBetween)
	switch {
	case h.again: // it is about the previous document
		h.next = time.Now()
	case ok:
		h.reds, h.now = 0, reading{green: true}
	default:
		h.reds++
		h.now = reading{red: h.reds >= redAfter, text: text}
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// restart drops the readings, since another document is in force.
func (h *health) restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.again, h.next, h.reds, h.now = h.busy, time.Now(), 0, reading{text: "its readiness is not known yet"}
}

// within makes the next reading come soon enough, and returns when.
func (h *health) within(pause time.Duration) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if soon := time.Now().Add(pause); h.next.After(soon) {
		h.next = soon
	}
	if h.busy {
		return mostBetween // or until it wakes us
	}
	return max(time.Until(h.next), leastBetween)
}

// Between two readings. During the soak time of a stage they are frequent enough to
// notice red.
const (
	leastBetween = 10 * time.Millisecond
	mostBetween  = 5 * time.Second
)
