package h2conn

import (
	"net"
	"sync"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// writer is the direction to the client. net/http writes through it, and others
// write frames between two of net/http's.
type writer struct {
	conn net.Conn

	mu      sync.Mutex // guards what follows, and keeps frames whole
	out     h2frame.Parser
	settled bool // the first SETTINGS are out; nothing may come before them
}

// betweenLocked reports whether no frame of net/http's has begun and not ended.
func (w *writer) betweenLocked() bool { return w.out.Whole() }

// insertLocked writes frames. Within one of net/http's it drops them.
func (w *writer) insertLocked(frames []byte) {
	if w.betweenLocked() {
		_, _ = w.conn.Write(frames)
	}
}
