package admin

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// conns are the open connections, so that they can be drained before the server is
// shut down: http.Server.Shutdown throws away requests that are only half received.
type conns struct {
	mu     sync.Mutex // guards everything below
	states map[net.Conn]http.ConnState
	ending bool
	empty  chan struct{} // closed when ending is set and none is left
}

func newConns() *conns {
	return &conns{states: map[net.Conn]http.ConnState{}, empty: make(chan struct{})}
}

// note is the hook ConnState.
func (c *conns) note(nc net.Conn, s http.ConnState) {
	c.mu.Lock()
	leave := c.ending && s == http.StateIdle
	if s == http.StateClosed || s == http.StateHijacked {
		delete(c.states, nc)
		c.checkEmptyLocked()
	} else {
		c.states[nc] = s
	}
	c.mu.Unlock()
	if leave {
		nc.Close()
	}
}

func (c *conns) checkEmptyLocked() {
	if !c.ending || len(c.states) > 0 {
		return
	}
	select {
	case <-c.empty:
	default:
		close(c.empty)
	}
}

// timeToAsk is the time for a client that has just connected: its request is on the
// way.
const timeToAsk = time.Second

// drain closes idle connections, waits for busy ones, and reports whether none is
// left. No more connections may be accepted.
func (c *conns) drain(ctx context.Context) bool {
	c.mu.Lock()
	c.ending = true
	c.checkEmptyLocked()
	c.mu.Unlock()
	c.close(http.StateIdle)
	silent := time.NewTimer(timeToAsk)
	defer silent.Stop()
	for {
		select {
		case <-c.empty:
			return true
		case <-silent.C:
			c.close(http.StateNew)
		case <-ctx.Done():
			return false
		}
	}
}

// close closes the connections in state s.
func (c *conns) close(s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for nc, state := range c.states {
		if state == s {
			nc.Close()
		}
	}
}
