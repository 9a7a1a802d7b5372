package h2conn

import (
	"net"
	"sync"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// writer is the direction to the client. net/http writes through it, and this
// package inserts frames between two of net/http's.
type writer struct {
	conn net.Conn

	mu      sync.Mutex // guards everything below, and keeps frames whole
	out     h2frame.Parser
	settled bool // the first SETTINGS are sent; nothing may come before them
}

// betweenLocked reports whether no frame of net/http's is half written.
func (w *writer) betweenLocked() bool { return w.out.Whole() }

// insertLocked writes frames, or drops them if a frame of net/http's is half
// written.
func (w *writer) insertLocked(frames []byte) {
	if w.betweenLocked() {
		_, _ = w.conn.Write(frames)
	}
}
