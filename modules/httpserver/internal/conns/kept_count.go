package conns

import (
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// Why a kept connection did not move: for its handler, its client, its size or the
// successor.
const (
	stayBusy    = "busy"            // the handler did not leave in time
	stayEnded   = "not_left"        // the handler ended a response that it could have left
	stayPanic   = "panic"           // the handler panicked when it was to leave
	stayMessage = "in_message"      // one side owed the rest of a message
	stayLength  = "content_length"  // the response says how long it is
	stayState   = "state_too_large" // the handler's state is above the limit
	staySize    = "too_large"       // what was read ahead is above the limit
	stayRefused = "refused"         // the successor did not take it
	stayUnknown = "unsupported"     // the successor does not take any
)

// keptCount counts what becomes of the kept connections in a move to a successor,
// and of those that have come from a predecessor.
type keptCount struct {
	mu    sync.Mutex // guards everything below
	to    app.Kept
	pause time.Duration // the longest of those that have come
	came  int
}

// begin forgets an attempt that came to nothing.
func (c *keptCount) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = app.Kept{}
}

// moved counts a connection whose handler goes on elsewhere.
func (c *keptCount) moved(held time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := app.Kept{Moved: 1}
	if !held.IsZero() {
		one.Pause = time.Since(held)
	}
	c.to.Add(one)
}

// stayed counts n connections that do not move.
func (c *keptCount) stayed(reason string, n int) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to.Add(app.Kept{Stayed: map[string]int{reason: n}})
}

// resumed counts a connection whose client is served again.
func (c *keptCount) resumed(r *stream.Record) {
	if r.Held == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came++
	c.pause = max(c.pause, time.Since(time.Unix(0, r.Held)))
}

// KeptCounts returns what became of the kept connections in the last move, how many
// have come from a predecessor, and the longest pause of these.
func (s *Set) KeptCounts() (to app.Kept, came int, pause time.Duration) {
	c := &s.kept.count
	c.mu.Lock()
	defer c.mu.Unlock()
	to = c.to
	to.Stayed = maps.Clone(to.Stayed)
	return to, c.came, c.pause
}

// staysFor is the reason for an error of the hand-over.
func staysFor(err error) string {
	if errors.Is(err, app.ErrTooMuch) {
		return staySize
	}
	return stayRefused
}
