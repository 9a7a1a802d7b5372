package conns

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/keptcount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// KeptKind is the kind of connections that move while their handlers run. Their
// state is an encoded stream.Record.
const KeptKind = "http/1 kept/1"

// Limits of what MoveKept waits for.
const (
	// forMessage is for a client that has sent a part of a message.
	forMessage = 50 * time.Millisecond
	// forHandler is for a handler that is not in Read, or has not left.
	forHandler = time.Second
	// forRest is for handlers that are leaving when the time for moving is over, as
	// long as one does every forNext. Where processors are scarce thousands need
	// longer, and what follows later is served later still: behind the requests of
	// those that have moved.
	forRest = 2 * time.Second
	forNext = forRest / 20
)

// MoveKept moves the connections whose handlers have called Keep, in two steps.
// First every reader of a WebSocket is held, which is not noticeable, and which
// EndMove undoes. When all are held, no message is on its way from one to another,
// and their handlers are asked to leave. Handlers that are late follow when they
// can.
//
// It blocks until all that were asked have left, at most for forHandler after the
// last one did, or until ctx is cancelled. When the deadline of ctx has passed, it
// waits for handlers that are just leaving, for forRest at most.
func (s *Set) MoveKept(ctx context.Context) {
	if s.takesKept() == nil {
		s.kept.count.Stayed(keptcount.Unsupported, len(s.allKept()))
		return
	}
	all := slices.DeleteFunc(s.allKept(), func(k *Kept) bool { return k.t.stays.Load() })
	for _, k := range all {
		if ws := k.conn(); ws != nil {
			k.hold(ws)
		}
	}
	awaitHeld(ctx, all)
	for _, k := range all {
		k.goAway()
	}
	awaitLeft(ctx, all)
}

func (s *Set) allKept() []*Kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Kept, 0, len(s.kept.all))
	for k := range s.kept.all {
		all = append(all, k)
	}
	return all
}

func (k *Kept) hold(ws *stream.WebSocket) {
	ws.Hold()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heldLocked()
}

// awaitHeld blocks until every reader is held, or will not be held soon.
func awaitHeld(ctx context.Context, all []*Kept) {
	began := time.Now()
	poll(ctx, slices.Clone(all), func(k *Kept) (wait bool) {
		ws := k.conn()
		if ws == nil {
			return false
		}
		switch ws.Stand() {
		case stream.Partial:
			return time.Since(began) < forMessage
		case stream.Busy:
			return time.Since(began) < forHandler
		}
		return false
	}, func(int) bool { return true })
}

// awaitLeft blocks until all handlers that were asked have left, as long as some
// still do.
func awaitLeft(ctx context.Context, all []*Kept) {
	waiting := slices.DeleteFunc(all, func(k *Kept) bool { return !k.isTold() })
	last, left := time.Now(), len(waiting)
	var over time.Time // since when the time for moving is
	poll(context.WithoutCancel(ctx), waiting, func(k *Kept) (wait bool) { return !k.isOver() }, func(now int) bool {
		if now < left {
			last, left = time.Now(), now
		}
		if ctx.Err() == nil {
			return time.Since(last) < forHandler
		}
		if over.IsZero() {
			over, last = time.Now(), time.Now()
		}
		return errors.Is(ctx.Err(), context.DeadlineExceeded) && time.Since(last) < forNext && time.Since(over) < forRest
	})
}

// poll checks repeatedly those that are still waited for, using a fifth of the time
// at most: checking thousands keeps a processor from their handlers.
func poll(ctx context.Context, waiting []*Kept, wait func(*Kept) bool, goOn func(left int) bool) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		began := time.Now()
		waiting = slices.DeleteFunc(waiting, func(k *Kept) bool { return !wait(k) })
		if len(waiting) == 0 || !goOn(len(waiting)) {
			return
		}
		next.Reset(max(time.Millisecond, 4*time.Since(began)))
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
	}
}

func (k *Kept) isTold() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.told
}

func (k *Kept) isOver() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.over
}

// releaseKept undoes the first step of MoveKept.
func (s *Set) releaseKept() {
	for _, k := range s.allKept() {
		if ws := k.conn(); ws != nil {
			ws.Release()
			k.mu.Lock()
			k.held = time.Time{}
			k.mu.Unlock()
		}
	}
}

// cutKept closes the WebSockets that have not moved.
func (s *Set) cutKept() {
	for _, k := range s.allKept() {
		ws := k.conn()
		k.stays(staysWith(ws))
		if ws != nil {
			_ = ws.Cut()
		} else { // net/http would close it, but may never get to it
			k.end()
		}
	}
}

// staysWith returns the reason for which ws has not moved.
func staysWith(ws *stream.WebSocket) string {
	if ws != nil && ws.Stand() == stream.Partial {
		return keptcount.InMessage
	}
	return keptcount.Busy
}

// WaitingKept returns the number of WebSockets whose handlers wait for a message.
func (s *Set) WaitingKept() (n int) {
	for _, k := range s.allKept() {
		if ws := k.conn(); ws != nil && ws.Stand() == stream.Held {
			n++
		}
	}
	return n
}
