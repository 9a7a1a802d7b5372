package admin

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// conns are the open connections, so that the server can be emptied before it
// is shut down: http.Server.Shutdown throws away what it has half received.
type conns struct {
	mu     sync.Mutex // guards everything below
	states map[net.Conn]http.ConnState
	ending bool
	empty  chan struct{} // closed when ending and none is left
}

func newConns() *conns {
	return &conns{states: map[net.Conn]http.ConnState{}, empty: make(chan struct{})}
}

// note is the ConnState hook.
func (c *conns) note(nc net.Conn, s http.ConnState) {
	c.mu.Lock()
	leave := c.ending && s == http.StateIdle
	if s == http.StateClosed || s == http.StateHijacked {
		delete(c.states, nc)
		c.settleLocked()
	} else {
		c.states[nc] = s
	}
	c.mu.Unlock()
	if leave {
		nc.Close()
	}
}

func (c *conns) settleLocked() {
	if !c.ending || len(c.states) > 0 {
		return
	}
	select {
	case <-c.empty:
	default:
		close(c.empty)
	}
}

// drain closes what is idle, waits for what is busy, and reports whether
// nothing is left. Nothing may be accepted any more.
func (c *conns) drain(ctx context.Context) bool {
	c.mu.Lock()
	c.ending = true
	var quiet []net.Conn
	for nc, s := range c.states {
		if s != http.StateActive {
			quiet = append(quiet, nc)
		}
	}
	c.settleLocked()
	c.mu.Unlock()
	for _, nc := range quiet {
		nc.Close()
	}
	select {
	case <-c.empty:
		return true
	case <-ctx.Done():
		return false
	}
}
