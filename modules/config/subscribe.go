package config

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// PrepareTimeout is how long one subscriber may take to prepare. After that the
// reload counts as vetoed by it.
const PrepareTimeout = 5 * time.Second

// cancelGrace is how long prepare may take to return after its ctx has ended.
const cancelGrace = 100 * time.Millisecond

// Change is what a subscriber prepares for.
type Change[T any] struct {
	Old, New *T       // read-only
	Keys     []string // keys that differ, below the section: "addr", "tls.cert_file"; of a map, its name
}

// Touched reports whether any of the keys (or a key below one of them) differs.
func (c Change[T]) Touched(keys ...string) bool {
	for _, k := range keys {
		if slices.ContainsFunc(c.Keys, func(got string) bool { return within(got, k) }) {
			return true
		}
	}
	return false
}

// within reports whether key is prefix, or lies below it.
func within(key, prefix string) bool {
	rest, ok := strings.CutPrefix(key, prefix)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// A Tx is the second half of a subscriber's work. Exactly one of the two functions
// is called; either may be nil.
type Tx struct {
	Commit   func() // makes the change visible; must be quick, see [CommitTimeout], and cannot fail
	Rollback func() // releases what was prepared
}

type subscriber struct {
	name    string
	index   int // of the section
	prepare func(ctx context.Context, old, next any, keys []string) (Tx, error)
}

type prepared struct {
	tx  Tx
	err error
}

// A preparedTx is what a subscriber has prepared.
type preparedTx struct {
	name string
	tx   Tx
}

// try calls prepare with its deadline and turns every kind of failure into an
// error.
func (s *subscriber) try(ctx context.Context, old, next any, keys []string) (Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, PrepareTimeout)
	defer cancel()
	done := make(chan prepared, 1)
	go func() {
		var p prepared
		p.err = guard.Call(func() (err error) { p.tx, err = s.prepare(ctx, old, next, keys); return err })
		done <- p
	}()
	var p prepared
	select {
	case p = <-done:
	case <-ctx.Done():
		select {
		case p = <-done:
		case <-time.After(cancelGrace):
			go func() { // this goroutine ends when the late prepare does
				_ = recovered((<-done).tx.Rollback) // the veto has been reported
			}()
			return Tx{}, fmt.Errorf("did not prepare in time and was abandoned: %w", context.Cause(ctx))
		}
		if p.err == nil {
			p.err = fmt.Errorf("did not prepare in time: %w", context.Cause(ctx))
		}
	}
	if p.err != nil {
		return Tx{}, rollback(p.tx, s.name, p.err)
	}
	return p.tx, nil
}

// rollback rolls back because of err, and adds to err if that panics.
func rollback(tx Tx, name string, err error) error {
	if p := recovered(tx.Rollback); p != nil {
		return fmt.Errorf("%w; and the rollback of %s: %w", err, name, p)
	}
	return err
}

// recovered calls a function of the application, and returns its panic as an error.
func recovered(fn func()) error {
	if fn == nil {
		return nil
	}
	return guard.Call(func() error { fn(); return nil })
}
