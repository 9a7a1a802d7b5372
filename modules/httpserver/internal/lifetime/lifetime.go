// Package lifetime bounds how long a connection may live, and how many requests it
// may have. A balancer spreads connections, not requests, and clients that keep
// theirs stay where they are when servers are added. The end of a lifetime is a
// goodbye with a response and never a cut: a connection that is idle lives on until
// its next request, which is answered.
package lifetime

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Limits are those of one server. Its methods may be called at any time by any
// goroutine, and none blocks.
type Limits struct {
	began         time.Time
	age, requests atomic.Int64 // 0: no limit
}

// New returns Limits that limit nothing.
func New() *Limits { return &Limits{began: time.Now()} }

// Set changes both limits, also for connections that are open. 0 is no limit.
func (l *Limits) Set(age time.Duration, requests int) {
	l.age.Store(int64(age))
	l.requests.Store(int64(requests))
}

// Any reports whether there is a limit.
func (l *Limits) Any() bool { return l.age.Load() != 0 || l.requests.Load() != 0 }

// Now is the time on the monotonic clock of the server.
func (l *Limits) Now() int64 { return int64(time.Since(l.began)) }

// jitter is by how much the ages of connections differ from what is set, so that
// those which began together do not end together. gRPC has the same tenth (proposal
// A9, server-side connection management).
const jitter = 0.1

// Life is that of one connection.
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

// Continue gives a connection the beginning of what it was before. It is called
// before the connection is served.
func (c *Life) Continue(before *Life) { c.born, c.share = before.born, before.share }

// Over reports whether the connection has had its time or its requests.
func (c *Life) Over() bool {
	l := c.limits
	if most := l.requests.Load(); most > 0 && c.Requests.Load() >= most {
		return true
	}
	age := l.age.Load()
	return age > 0 && float32(l.Now()-c.born) > c.share*float32(age)
}
