package leader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrLost is why the context of a task ends when its process no longer leads.
// context.Cause returns an error that wraps it.
var ErrLost = errors.New("the leadership is lost")

// Term is the time in which a process leads. Electors make it and renew it. Its
// methods may be called at any time, from any goroutine, and none blocks.
type Term struct {
	// Token is higher than that of every earlier term, in whichever process.
	Token int64
	// Key is the key that is held in the store, for people and for fences.
	Key string

	lasts time.Duration
	now   func() time.Time

	mu      sync.Mutex // guards everything below
	ends    time.Time
	err     error
	timer   *time.Timer
	cancels []context.CancelCauseFunc
}

// NewTerm returns a term that is held by a lease which was requested or renewed at
// the time sent: the time before the request leaves, not when the answer comes. Set
// Token and Key before passing the term on.
func NewTerm(sent time.Time, lease time.Duration) *Term {
	t := &Term{lasts: lease * 2 / 3, now: time.Now, ends: sent.Add(lease * 2 / 3)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(time.Until(t.ends), func() { _ = t.Err() })
	return t
}

// Lasts returns how long the term lasts after a renewal. Renew several times within
// it.
func (t *Term) Lasts() time.Duration { return t.lasts }

// Renewed records that the lease was renewed by a request sent at that time. A term
// that is over stays over.
func (t *Term) Renewed(sent time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ends := sent.Add(t.lasts); t.err == nil && !over(t.ends, t.now()) && ends.After(t.ends) {
		t.ends = ends
		t.timer.Reset(ends.Sub(t.now()))
	}
}

// End ends the term before its time. Only the first cause counts.
func (t *Term) End(cause error) {
	t.mu.Lock()
	if t.err == nil {
		t.err = cause
	}
	t.timer.Stop()
	cause, cancels := t.err, t.cancels
	t.mu.Unlock()
	for _, cancel := range cancels {
		cancel(cause)
	}
}

// Err returns nil as long as the term lasts, by the clock at the time of the call.
func (t *Term) Err() error {
	t.mu.Lock()
	if t.err == nil && !over(t.ends, t.now()) {
		t.mu.Unlock()
		return nil
	}
	t.mu.Unlock()
	t.End(fmt.Errorf("%w: it was not renewed for %v", ErrLost, t.lasts))
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// over reports whether now is past ends by either clock.
func over(ends, now time.Time) bool {
	return !now.Before(ends) || !now.Round(0).Before(ends.Round(0))
}

// Context returns a context that ends with parent and with the term. Its Err and
// Done read the clock.
func (t *Term) Context(parent context.Context) context.Context {
	inner, cancel := context.WithCancelCause(parent)
	t.mu.Lock()
	t.cancels = append(t.cancels, cancel)
	t.mu.Unlock()
	return &termContext{Context: inner, term: t, cancel: cancel}
}

type termContext struct {
	context.Context
	term   *Term
	cancel context.CancelCauseFunc
}

func (c *termContext) look() context.Context {
	if err := c.term.Err(); err != nil {
		c.cancel(err)
	}
	return c.Context
}

// Err implements context.Context.
func (c *termContext) Err() error { return c.look().Err() }

// Done implements context.Context.
func (c *termContext) Done() <-chan struct{} { return c.look().Done() }

type termKey struct{}

// Value implements context.Context.
func (c *termContext) Value(key any) any {
	if key == (termKey{}) {
		return c.term
	}
	return c.Context.Value(key)
}

// From returns the term of a task's context, or nil if the task has none.
func From(ctx context.Context) *Term {
	t, _ := ctx.Value(termKey{}).(*Term)
	return t
}

// Token returns the fencing token of a task that leads or, once the term is over by
// the clock, an error that wraps ErrLost. It may be called with any context derived
// from the task's.
func Token(ctx context.Context) (int64, error) {
	t := From(ctx)
	if t == nil {
		return 0, errors.New("the context is not that of a leader's task: pass on the context that the task was given")
	}
	return t.Token, t.Err()
}
