package h2move

import "time"

// holdTime bounds how long one connection may hold up a hand-over: others, which
// have left, wait for the end of the hand-over. The connection can leave later as
// well.
const holdTime = 50 * time.Millisecond

// Wake makes a connection on which nothing is under way check whether it may leave,
// and reports whether it is likely to leave at once.
func (c *Conn) Wake() (soon bool) {
	c.mu.Lock()
	idle := c.leave != nil && !c.stays && len(c.facts.open) == 0
	soon = idle && c.facts.table == emptied && time.Since(c.begun) < holdTime
	c.mu.Unlock()
	if !idle {
		return false
	}
	c.waking.Lock()
	defer c.waking.Unlock()
	if c.phase.CompareAndSwap(parked, woken) {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	}
	return soon
}

// unpark ends the wait, and reports whether Wake has ended it.
func (c *Conn) unpark() bool {
	if c.phase.CompareAndSwap(parked, busy) || c.phase.Load() != woken {
		return false
	}
	c.waking.Lock()
	defer c.waking.Unlock()
	c.phase.Store(busy)
	_ = c.Conn.SetReadDeadline(c.deadline)
	return true
}

// tryLeave reports whether the connection has left.
func (c *Conn) tryLeave(quiet bool) bool {
	if !c.writing.TryLock() {
		return false // something is under way
	}
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave == nil || c.stays || !c.output.whole() || !c.facts.still() {
		return false
	}
	switch c.leave(c.facts.state.clone(), quiet) {
	case Never:
		c.leave = nil
	case Leaves:
		c.waking.Lock() // no deadline is set from now on
		defer c.waking.Unlock()
		c.phase.Store(left)
		return true
	}
	return false
}
