package stack

import "testing"

// A stack that grows where it is shallow costs less than one that grows where it is
// deep.
func BenchmarkDeepCallOnANewGoroutine(b *testing.B) {
	for _, bb := range []struct {
		name string
		grow func()
	}{{"grown early", func() { ForServe(1) }}, {"grown deep", func() {}}} {
		b.Run(bb.name, func(b *testing.B) {
			done := make(chan int)
			for b.Loop() {
				go func() {
					bb.grow()
					done <- deep(12)
				}()
				<-done
			}
		})
	}
}

//go:noinline
func deep(n int) int {
	var frame [100]byte
	frame[n] = byte(n)
	if n == 0 {
		return int(frame[0])
	}
	return deep(n-1) + int(frame[n])
}
