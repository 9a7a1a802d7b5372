// Package lifetime bounds how long a connection may live, and how many requests it
// may have. A balancer spreads connections, not requests, and clients that keep
// their connections stay where they are when servers are added. A lifetime ends
// with a goodbye in a response and never with a cut: a connection that is idle
// lives on until its next request, which is answered.
package lifetime

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Limits has the limits of one server. Its methods may be called at any time by any
// goroutine, and none blocks.
type Limits struct {
	began         time.Time
	age, requests atomic.Int64 // 0: no limit
}

// New returns Limits that limit nothing.
func New() *Limits { return &Limits{began: time.Now()} }

// Set changes both limits, also for open connections. 0 means no limit.
func (l *Limits) Set(age time.Duration, requests int) {
	l.age.Store(int64(age))
	l.requests.Store(int64(requests))
}

// Any reports whether there is a limit.
func (l *Limits) Any() bool { return l.age.Load() != 0 || l.requests.Load() != 0 }

// Now returns the time on the monotonic clock of the server.
func (l *Limits) Now() int64 { return int64(time.Since(l.began)) }

// jitter is by how much the ages of connections differ from the setting, so that
// connections that began together do not end together. gRPC has the same tenth
// (proposal A9, server-side connection management).
const jitter = 0.1

// Life is the lifetime of one connection.
type Life struct {
	Requests atomic.Int64 // begun

	limits *Limits
	born   int64   // on the clock of the server
	share  float32 // of the age that it may have
}

// Begin begins the life of a connection of the server.
func (c *Life) Begin(l *Limits) {
	c.limits, c.born, c.share = l, l.Now(), 1-jitter+2*jitter*rand.Float32()
}

// Continue makes the life go on from that of an earlier connection. It is called
// before the connection is served.
func (c *Life) Continue(before *Life) {
	c.born, c.share = before.born, before.share
	c.Requests.Store(before.Requests.Load())
}

// Over reports whether the connection has reached a limit.
func (c *Life) Over() bool {
	l := c.limits
	if most := l.requests.Load(); most > 0 && c.Requests.Load() >= most {
		return true
	}
	age := l.age.Load()
	return age > 0 && float32(l.Now()-c.born) > c.share*float32(age)
}
