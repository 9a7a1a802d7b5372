package conns

import (
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// A connection rests as a descriptor if the application cannot know it: because no
// hook sees connections, or because a predecessor has handed it over and its client
// has not sent anything since. Go's connection around the descriptor is made when
// the client sends something. While this process may open no more files, it tries
// again, and the request waits in the socket.

// The pauses before the next try double from the first to the longest, as those of
// net/http's Serve when it cannot accept.
const (
	firstRetry   = 5 * time.Millisecond
	longestRetry = time.Second
)

// serveUnopened makes net/http serve a connection that has rested as a descriptor,
// after pause if that is not possible now.
func (s *Set) serveUnopened(t *Tracked, u app.Unopened, pause time.Duration) {
	if set := s.rest.set.Load(); set != nil {
		set.Forget(u.Descriptor())
	}
	nc, err := u.Open()
	switch {
	case err != nil && s.Queue.Closed():
		s.closeResting(t)
		return
	case err != nil:
		s.retryUnopened(t, u, pause)
		return
	}
	c := s.track(nc, Options{Idle: !t.rest.spoke})
	c.state().rest.spoke, c.state().rest.never = t.rest.spoke, t.rest.never
	if c, ok := c.(*tcpConn); ok {
		c.woken = true
	}
	s.replace(t, c.state())
	s.Queue.Put(c)
}

// unopen returns the Tracked of the connection as a descriptor, or t if it stays a
// connection of Go's. The caller owns it.
func (s *Set) unopen(t *Tracked) *Tracked {
	if s.Known {
		return t
	}
	if pending, _ := socket.Sending(t.socket); pending { // a drain would have to wait for that
		return t
	}
	fd, err := descriptor.Duplicate(t.socket)
	if err != nil { // this process may open no more files
		return t
	}
	u, ok := s.rest.opener.Unopened(fd)
	if !ok {
		descriptor.CloseAll([]int{fd})
		return t
	}
	u.Inspect()
	_ = t.socket.Close()
	c := s.trackUnopened(u)
	s.replace(t, c)
	return c
}

// trackUnopened returns the Tracked of a connection that rests as a descriptor, or
// is about to.
func (s *Set) trackUnopened(u app.Unopened) *Tracked {
	t := &Tracked{serving: notServing, socket: u}
	t.begin(s, u)
	t.phase.Store(Handed)
	t.rest.hidden = true
	return t
}

// replace puts c, which is the same connection, in the place of t.
func (s *Set) replace(t, c *Tracked) {
	c.life.Continue(&t.life)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live.remove(t)
	s.addLocked(c)
}

// retryUnopened calls serveUnopened again after pause. Until then the connection
// belongs to what removes it from retries: the timer, which is never stopped, or a
// goroutine that takes it.
func (s *Set) retryUnopened(t *Tracked, u app.Unopened, pause time.Duration) {
	s.rest.retries.Store(t, nil)
	time.AfterFunc(pause, func() {
		if s.takeFromRetry(t) {
			s.serveUnopened(t, u, min(2*pause, longestRetry))
		}
	})
}

// takeFromRetry reports whether t waited to be opened; if so, the caller owns it.
func (s *Set) takeFromRetry(t *Tracked) bool {
	_, waits := s.rest.retries.LoadAndDelete(t)
	return waits
}
