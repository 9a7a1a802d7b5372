package app

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// clock has the budget of the stop. When the budget becomes smaller, by a caller's
// nearer deadline or by Hurry, it ends early what runs.
type clock struct {
	mu             sync.Mutex // guards everything below
	budget         *budget    // of the stop, once it has begun
	callerDeadline time.Time  // the nearest; zero: none
	hurry          *Reason    // why lame duck and drain are cut short
	phase          Phase      // of the stop, that runs now
	phaseAt        time.Time  // when it began
	cut            func(error)
	othersWait     bool        // for what cut ends
	timer          *time.Timer // calls cut at a deadline that came later
}

// begin starts the stop with b, shrunk by what is already known.
func (c *clock) begin(b *budget) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.callerDeadline.IsZero() {
		b.shrink(c.callerDeadline)
	}
	if c.hurry != nil {
		b.hurry(time.Now())
	}
	c.budget = b
}

// deadline returns when the stop must be over, or the zero time before it began.
func (c *clock) deadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.budget == nil {
		return time.Time{}
	}
	return c.budget.deadline
}

// requestDeadline returns when requests in flight are cancelled, or the zero time
// when no stop has begun or Drain is over.
func (c *clock) requestDeadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.budget == nil || c.phase > Drain:
		return time.Time{}
	case c.phase == Drain:
		return c.budget.requestEnd(c.phaseAt)
	case c.phase > LameDuck || c.hurry != nil || c.budget.conf.LameDuck == 0:
		return c.budget.requestEnd(time.Now())
	}
	drain := c.budget.began.Add(c.budget.lameDuck(c.budget.began))
	return c.budget.requestEnd(drain)
}

// current returns the phase of the stop that runs, or 0 before the stop began.
func (c *clock) current() Phase {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase
}

// lameDuck returns how long a lame duck that begins now lasts, 0 if it is cut
// short.
func (c *clock) lameDuck() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hurry != nil {
		return 0
	}
	return c.budget.lameDuck(time.Now())
}

// setCallerDeadline sets the deadline of a caller; zero removes it.
func (c *clock) setCallerDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.callerDeadline = t
}

// leftOfCaller returns how much time the caller has left; ok is false if it set
// no deadline.
func (c *clock) leftOfCaller() (left time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(time.Until(c.callerDeadline), 0), !c.callerDeadline.IsZero()
}

// span returns the context of what runs now: of one member where members take
// turns, of all members of the phase elsewhere. cutShort and shrink end it early.
func (c *clock) span(p Phase, reason *Reason, limit time.Duration, othersWait bool) (context.Context, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	end := c.budget.spanEnd(p, now, limit, othersWait)
	base := context.WithValue(context.Background(), reasonKey{}, reason)
	dctx, stopTimer := context.WithDeadlineCause(base, end, fmt.Errorf("over its time of %v in phase %v", end.Sub(now).Round(time.Millisecond), p))
	ctx, cut := context.WithCancelCause(dctx)
	if c.phase != p {
		c.phase, c.phaseAt = p, now
	}
	c.cut, c.othersWait = cut, othersWait
	if c.hurry != nil && p.cuttable() {
		cut(c.hurry)
	}
	return ctx, func() {
		cut(nil)
		stopTimer()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stopTimer()
	}
}

// graceLeft returns how long a function of phase p whose context has ended may
// still take to return: the budget may have become smaller in the meantime.
func (c *clock) graceLeft(p Phase, othersWait bool) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := slot(time.Until(c.budget.end(p)), 0, othersWait)
	return min(left, c.budget.graceLimit())
}

// turn returns the time of Drain that a server leaves to each server that waits for
// it.
func (c *clock) turn() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.budget.turn()
}

// turnLeft is turn, as far as Drain has time for it. It is never zero: closing a
// listener takes no time.
func (c *clock) turnLeft() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(min(c.budget.turn(), time.Until(c.budget.end(Drain))), 10*time.Millisecond)
}

// shrink moves the end of the plan nearer, whether it has begun or not.
func (c *clock) shrink(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.callerDeadline.IsZero() || to.Before(c.callerDeadline) {
		c.callerDeadline = to
	}
	if c.budget == nil || !c.budget.shrink(to) || c.cut == nil {
		return
	}
	// The context of what runs now keeps its old deadline; end it by hand.
	now, cut := time.Now(), c.cut
	cause := fmt.Errorf("the time of phase %v is over: the caller's deadline is nearer than stop.timeout", c.phase)
	c.stopTimer()
	c.timer = time.AfterFunc(c.budget.spanEnd(c.phase, now, 0, c.othersWait).Sub(now), func() { cut(cause) })
}

// cutShort ends the stop's waiting; see App.Hurry. It reports whether this is the
// first call.
func (c *clock) cutShort(r *Reason) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hurry != nil {
		return false
	}
	c.hurry = r
	if c.budget != nil && c.cut != nil && c.phase.cuttable() { // else begin or span will
		c.budget.hurry(time.Now())
		c.cut(r)
	}
	return true
}

// deliveryWait returns how long an event may wait for its observers: in a stop only
// a fraction of its time, which is for the members.
func (c *clock) deliveryWait() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.budget == nil {
		return time.Second
	}
	return min(time.Second, max(c.budget.whole, 0)/20)
}

// end drops what ran last and returns how long the last events may take.
func (c *clock) end() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = nil
	return time.Until(c.budget.deadline) + c.budget.graceLimit()
}

// stopTimer is called with c.mu held.
func (c *clock) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}
