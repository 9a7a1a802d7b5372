// Package stall recognizes clients that make no progress. A client that neither
// sends the rest of its request nor takes its response would hold a connection for
// ever, and every stop until its time is over. Deadlines on each read and write
// would end that at the cost of a timer per call, and would conflict with those
// that a handler sets. So a monitor scans a few times within the timeout: a
// connection that waits for its client in each scan, without any progress, has
// stalled.
package stall

import "sync/atomic"

// Scans is how often in a row something must be found waiting.
const Scans = 4

// Wait is a place where a goroutine may wait for the client. In the zero value none
// waits.
type Wait struct {
	seen atomic.Int32 // 0: no goroutine waits; else 1 + the scans since Begin
}

// Begin is called before the goroutine waits.
func (w *Wait) Begin() { w.seen.Store(1) }

// End is called when the goroutine has waited.
func (w *Wait) End() { w.seen.Store(0) }

// Waits reports whether a goroutine waits.
func (w *Wait) Waits() bool { return w.seen.Load() > 0 }

// Stalled reports whether the client has stalled. It is called once in each scan.
func (w *Wait) Stalled() bool {
	n := w.seen.Load()
	return n > 0 && w.seen.CompareAndSwap(n, n+1) && n >= Scans
}

// Unacked follows what is on its way to the client. It belongs to the monitor.
type Unacked struct {
	acked uint64 // at the last scan
	scans int
}

// Stalled reports whether the client has stalled. It is called once in each scan,
// with the results of socket.Sending.
func (u *Unacked) Stalled(pending bool, acked uint64) bool {
	if !pending || acked != u.acked {
		u.acked, u.scans = acked, 0
		return false
	}
	u.scans++
	return u.scans >= Scans
}
