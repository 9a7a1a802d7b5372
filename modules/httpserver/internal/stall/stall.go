// Package stall recognizes clients that make no progress. A client that neither
// sends the rest of its request nor takes its response would hold a connection for
// ever, and every stop as long as it may last. Deadlines on each read and write
// would end that at the cost of a timer per call, and would fight with those that a
// handler sets. So a monitor scans a few times within the timeout, and what it
// finds waiting for the client each time, without any progress, has stalled.
package stall

import "sync/atomic"

// Scans is how often in a row something must be found waiting.
const Scans = 4

// Wait is where a goroutine waits for the client. Its zero value is of none.
type Wait struct {
	seen atomic.Int32 // 0: no goroutine waits; else one more than the scans since Begin
}

// Begin is called before the goroutine waits.
func (w *Wait) Begin() { w.seen.Store(1) }

// End is called when it has waited.
func (w *Wait) End() { w.seen.Store(0) }

// Waits reports whether a goroutine waits.
func (w *Wait) Waits() bool { return w.seen.Load() > 0 }

// Stalled is called once a scan.
func (w *Wait) Stalled() bool {
	n := w.seen.Load()
	return n > 0 && w.seen.CompareAndSwap(n, n+1) && n >= Scans
}

// Unacked remembers what was on its way to the client. It belongs to the monitor.
type Unacked struct {
	acked uint64 // at the last scan
	scans int
}

// Stalled is called once a scan, with what the system knows of the connection.
func (u *Unacked) Stalled(pending bool, acked uint64) bool {
	if !pending || acked != u.acked {
		u.acked, u.scans = acked, 0
		return false
	}
	u.scans++
	return u.scans >= Scans
}
