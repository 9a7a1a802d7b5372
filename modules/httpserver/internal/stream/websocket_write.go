package stream

// Write sends p, except the head of a response that the client already has, and the
// close frame with which a library ends a connection that leaves. It returns
// ErrMoving when the connection has left.
func (c *WebSocket) Write(p []byte) (int, error) {
	n, err, other := c.write(p)
	if other {
		_ = c.Conn.Close()
		c.end.Do(c.on.End)
	}
	return n, err
}

// write is Write. other is true if the handler began another response than the one
// that the client has.
func (c *WebSocket) write(p []byte) (n int, err error, other bool) {
	w := &c.out
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut != nil {
		return 0, w.shut, false
	}
	pass, body, err := w.head.Filter(p)
	if err != nil {
		w.shut = err
		_, _ = c.Conn.Write(serviceRestart)
		return 0, err, true
	}
	send := pass[:len(pass)-body+w.follow(pass[len(pass)-body:], c)]
	if len(send) == 0 {
		return len(p), nil, false
	}
	n, err = c.Conn.Write(send)
	if err != nil {
		w.shut = err // it is no longer known where the client's bytes end
		return len(p) - len(pass) + n, err, false
	}
	return len(p), nil, false
}
