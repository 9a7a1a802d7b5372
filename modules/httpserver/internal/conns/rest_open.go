package conns

import (
	"math"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// A connection that a predecessor has handed over rests as a descriptor at first:
// Go's connection around it is made when its client sends something. Until then
// hooks and handlers have not seen it, so they see only that one connection. While
// this process may open no more files, it tries again, and the request waits in the
// socket.

// The pauses before the next try double from the first to the longest, as those of
// net/http's Serve when it cannot accept.
const (
	firstRetry   = 5 * time.Millisecond
	longestRetry = time.Second
)

// retry is a connection that waits to be opened. It belongs to the goroutine that
// has stopped its timer, or to the timer.
type retry struct {
	timer *time.Timer
	pause time.Duration
}

// serveUnopened makes net/http serve a connection that has rested as a descriptor.
func (s *Set) serveUnopened(t *Tracked, u app.Unopened) {
	nc, err := u.Open()
	switch {
	case err != nil && s.Queue.Closed():
		s.closeResting(t)
		return
	case err != nil:
		s.retryUnopened(t, u)
		return
	}
	c := s.Add(nc, Options{Idle: true})
	again := Of(c)
	again.life.Continue(&t.life)
	if again.rest.spoke = t.rest.spoke; again.rest.spoke {
		again.quiet = nil
	}
	s.remove(t) // only now, so that the set is never empty in between
	s.Queue.Put(c)
}

// retryUnopened calls serveUnopened again after a pause, unless the connection is
// taken meanwhile.
func (s *Set) retryUnopened(t *Tracked, u app.Unopened) {
	next := &retry{pause: firstRetry}
	if last := t.rest.retry.Load(); last != nil {
		next.pause = min(2*last.pause, longestRetry)
	}
	next.timer = time.AfterFunc(math.MaxInt64, func() { s.serveUnopened(t, u) })
	t.rest.retry.Store(next) // before it may end, so that it can be taken
	next.timer.Reset(next.pause)
}

// takeFromRetry reports whether t waited to be opened; if so, the caller owns it.
func (t *Tracked) takeFromRetry() bool {
	r := t.rest.retry.Load()
	return r != nil && r.timer.Stop()
}
