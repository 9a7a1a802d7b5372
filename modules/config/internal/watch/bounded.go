package watch

import (
	"context"
	"errors"
	"time"
)

const (
	lookTime = 5 * time.Second  // how long the paths may take to be looked at
	callTime = 10 * time.Second // after the end, for Changed to return
	abandon  = time.Second      // after the end, for a system call
)

var errBlocked = errors.New("a path leads to a mount that does not answer")

// A bounded does what may block for ever, as looking at paths that lead to a mount
// that is dead. One at a time: what has blocked is left behind, and nothing else is
// done until it has ended.
type bounded struct{ left chan struct{} }

// do reports whether f was done in time.
func (b *bounded) do(ctx context.Context, f func()) bool {
	if b.blocked() {
		return false
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	if within(ctx, done, lookTime) {
		return true
	}
	b.left = done
	return false
}

// within waits for done: for the timeout, but not for longer than abandon after the
// end of ctx.
func within(ctx context.Context, done <-chan struct{}, timeout time.Duration) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		timer.Reset(min(abandon, timeout))
	}
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// blocked reports whether something was left behind and has not ended.
func (b *bounded) blocked() bool {
	if b.left == nil {
		return false
	}
	select {
	case <-b.left:
		b.left = nil
		return false
	default:
		return true
	}
}

// after calls f when nothing is left behind: now, or later in a goroutine.
func (b *bounded) after(f func()) {
	if !b.blocked() {
		f()
		return
	}
	go func() {
		<-b.left
		f()
	}()
}

// untilEnd runs loop, which ends soon after ctx has, unless it blocks. calling is
// full while loop calls something that has callTime to return.
func untilEnd(ctx context.Context, calling chan<- struct{}, loop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		loop()
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	timeout := time.NewTimer(callTime)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
	case calling <- struct{}{}: // and is so from now on
		within(ctx, done, abandon)
	}
}
