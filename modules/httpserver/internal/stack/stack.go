// Package stack saves copies of stacks. While a handler runs, a goroutine of
// net/http reads one byte. It is new with each request, and its stack has the
// smallest size. Deep in crypto/tls that no longer suffices, and the runtime
// copies a dozen frames: a fifth of all instructions of a small request. Where
// few frames are on the stack, the same costs a third. After a collection the
// runtime may begin with larger stacks by itself (Go 1.19 release notes), and
// nothing is left to save.
package stack

// room and the frames below fill a stack of 4 KiB, which suffices for a Read of
// crypto/tls. They do not fit in the smallest, of 2 KiB.
const room = 2000

// Grow makes room on the stack of its goroutine. n must not be negative.
//
//go:noinline
func Grow(n int) byte {
	if n >= 0 {
		return 0
	}
	var frame [room]byte // always on the stack, and cleared only here
	frame[-n%room] = 1
	return frame[n&1]
}
