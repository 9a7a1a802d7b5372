package config

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// flight is a reload that several callers may wait for.
type flight struct {
	by     []string
	done   chan struct{}
	report Report
}

// Reload reads the configuration again and puts it into force if everybody can
// follow. It blocks for the outcome. Calls that come while a reload is running
// share the next one, so however many there are, two runs answer all. by says
// who asks. When ctx ends the reload is refused, unless it is published by then.
func (st *Store) Reload(ctx context.Context, by string) Report {
	for {
		f, leads := st.board(by)
		if leads {
			st.fly(ctx, f, by)
			return f.report
		}
		select {
		case <-f.done:
			if f.report.Result != Refused {
				return f.report
			}
			if ctx.Err() == nil {
				continue // whoever led gave up; we did not
			}
		case <-ctx.Done():
		}
		return st.gaveUp(ctx, by)
	}
}

// board joins the reload that has not begun, or makes one and leads it.
func (st *Store) board(by string) (f *flight, leads bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.next == nil {
		st.next, leads = &flight{done: make(chan struct{})}, true
	}
	if !slices.Contains(st.next.by, by) {
		st.next.by = append(st.next.by, by)
	}
	return st.next, leads
}

// fly waits for the turn of a flight and runs it. If its leader gives up, those
// who wait for it begin another.
func (st *Store) fly(ctx context.Context, f *flight, leader string) {
	defer close(f.done)
	select {
	case st.turn <- struct{}{}:
		defer func() { <-st.turn }()
	case <-ctx.Done():
	}
	st.mu.Lock()
	st.next = nil // from now on newcomers wait for the next one
	by := strings.Join(f.by, ", ")
	st.mu.Unlock()
	if ctx.Err() != nil {
		f.report = st.gaveUp(ctx, leader)
		return
	}
	defer func() { // a MarshalText of the user's, say: nothing was published
		if p := recover(); p != nil {
			f.report = st.report(by, time.Now(), nil)
			f.report.Result, f.report.Problems = Rejected, []Problem{{Reason: fmt.Sprintf("panic while reading: %v", p)}}
		}
		st.record(f.report)
	}()
	f.report = st.transact(ctx, by)
}

// gaveUp is the report of a reload that was not begun.
func (st *Store) gaveUp(ctx context.Context, by string) Report {
	r := st.refused(ctx, by)
	st.record(r)
	return r
}

func (st *Store) refused(ctx context.Context, by string) Report {
	return st.refusal(by, context.Cause(ctx))
}

func (st *Store) refusal(by string, why error) Report {
	r := st.report(by, time.Now(), nil)
	r.Result, r.Reason, r.cause = Refused, why.Error(), why
	return r
}
