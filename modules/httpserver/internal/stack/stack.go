// Package stack saves copies of stacks. A goroutine begins with a stack of 2 KiB.
// When a call needs more, the runtime copies the frames to one of twice the size,
// and again, which costs more the deeper the calls are: where few frames are on the
// stack, the same costs a third. After a collection the runtime may begin with
// larger stacks by itself (Go 1.19 release notes), and nothing is left to save.
package stack

// The frames of these sizes and those below them need a stack of 4 and of 8 KiB.
const (
	ofRead  = 2000
	ofServe = 5500
)

// ForRead makes room for a Read of crypto/tls. While a handler runs, a goroutine of
// net/http reads one byte. It is new with each request, and its copies were a fifth
// of all instructions of a small request. n must not be negative.
//
//go:noinline
func ForRead(n int) byte {
	if n >= 0 {
		return 0
	}
	var frame [ofRead]byte // always on the stack, and cleared only here
	frame[-n%ofRead] = 1
	return frame[n&1]
}

// ForServe makes room for net/http's goroutine of a connection and a small handler.
// n must not be negative.
//
//go:noinline
func ForServe(n int) byte {
	if n >= 0 {
		return 0
	}
	var frame [ofServe]byte
	frame[-n%ofServe] = 1
	return frame[n&1]
}
