package guard

import (
	"bytes"
	"runtime"
	"strconv"
)

// GoroutineID returns the number that runtime.Stack prints first. It is used only
// to find the stack of one goroutine in a dump of all.
func GoroutineID() uint64 {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return n
}

// StackOf returns the stack of goroutine id, or "" if it has ended meanwhile.
// It stops the world, so use it only for something that hangs.
func StackOf(id uint64) string {
	buf := allStacks()
	head := []byte("goroutine " + strconv.FormatUint(id, 10) + " [")
	for block := range bytes.SplitSeq(buf, []byte("\n\n")) {
		if bytes.HasPrefix(block, head) {
			return string(block)
		}
	}
	return ""
}

// mostOfStacks bounds the dump: 64 MiB hold some hundred thousand goroutines.
const mostOfStacks = 64 << 20

func allStacks() []byte {
	for size := 64 << 10; ; size *= 2 { // at first little: a stop looks at the stacks, too
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= mostOfStacks {
			return buf[:n]
		}
	}
}
