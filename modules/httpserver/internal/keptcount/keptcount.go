// Package keptcount counts what becomes of connections that move while their
// handlers run.
package keptcount

import (
	"maps"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// Why a kept connection did not move: for its handler, its client, its size or the
// successor.
const (
	Busy        = "busy"            // the handler did not leave in time
	NotLeft     = "not_left"        // the handler ended a response that it could have left
	Panic       = "panic"           // the handler panicked when it was to leave
	InMessage   = "in_message"      // one side owed the rest of a message
	Length      = "content_length"  // the response has a Content-Length
	State       = "state_too_large" // the handler's state is above the limit
	Size        = "too_large"       // what was read ahead is above the limit
	Refused     = "refused"         // the successor did not take it
	Unsupported = "unsupported"     // the successor takes none

	Uncertain = "uncertain" // the state of TLS is not known for certain
)

// Counts counts the connections that move to a successor and those that have come
// from a predecessor. Its methods may be called by any goroutine.
type Counts struct {
	mu    sync.Mutex // guards everything below
	to    app.Kept
	pause time.Duration // the longest of those that have come
	came  int
}

// Begin drops the counts of an attempt that failed.
func (c *Counts) Begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = app.Kept{}
}

// Moved counts a connection whose handler goes on elsewhere.
func (c *Counts) Moved(held time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := app.Kept{Moved: 1}
	if !held.IsZero() {
		one.Pause = time.Since(held)
	}
	c.to.Add(one)
}

// Stayed counts n connections that do not move.
func (c *Counts) Stayed(reason string, n int) {
	if n == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to.Add(app.Kept{Stayed: map[string]int{reason: n}})
}

// Resumed counts a connection whose client is served again.
func (c *Counts) Resumed(r *stream.Record) {
	if r.Held == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came++
	c.pause = max(c.pause, time.Since(time.Unix(0, r.Held)))
}

// Now returns what became of connections in the last move, how many have come, and
// the longest pause of these.
func (c *Counts) Now() (to app.Kept, came int, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to = c.to
	to.Stayed = maps.Clone(to.Stayed)
	return to, c.came, c.pause
}
