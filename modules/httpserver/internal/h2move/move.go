package h2move

import "time"

// Begin makes the connection leave as soon as it can. It does not block.
func (c *Conn) Begin(leave Leave) {
	c.mu.Lock()
	c.leave, c.begun = leave, time.Now()
	c.mu.Unlock()
	go c.ask() // the client may not read
}

// End makes it stay. It does not block.
func (c *Conn) End() {
	c.mu.Lock()
	c.leave = nil
	c.mu.Unlock()
	go c.ask()
}

// Waits returns what a connection that has not left is waiting for: "streams" or
// "settings".
func (c *Conn) Waits() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.facts.table != emptied {
		return "settings"
	}
	return "streams"
}
