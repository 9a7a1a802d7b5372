package config

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reload reads the configuration again and puts it into force if every subscriber
// accepts it. It blocks until the outcome is known. Calls that come while a reload
// is running share the next one, so at most two runs answer any number of calls. by
// is the trigger that the report names. When ctx ends before the new configuration
// is published, the reload is refused.
func (st *Store) Reload(ctx context.Context, by string) Report {
	for {
		f, leads := st.join(by)
		if leads {
			st.run(ctx, f, by)
			return f.report
		}
		select {
		case <-f.done:
			if f.report.Result != Refused {
				return f.report
			}
			if ctx.Err() == nil {
				continue // the caller that ran it gave up; this one has not
			}
		case <-ctx.Done():
		}
		return st.recordRefused(ctx, by)
	}
}

// join returns the reload that has not begun yet, or makes one, which the caller
// has to run.
func (st *Store) join(by string) (f *call, leads bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.queued == nil {
		st.queued, leads = &call{done: make(chan struct{})}, true
	}
	if !slices.Contains(st.queued.triggers, by) {
		st.queued.triggers = append(st.queued.triggers, by)
	}
	return st.queued, leads
}

// run waits until no other reload runs, and runs the call. If the caller gives up
// before, the other callers begin another one.
func (st *Store) run(ctx context.Context, f *call, leader string) {
	defer close(f.done)
	select {
	case st.running <- struct{}{}:
		defer func() { <-st.running }()
	case <-ctx.Done():
	}
	st.mu.Lock()
	st.queued = nil // calls from now on wait for the next one
	by := strings.Join(f.triggers, ", ")
	st.mu.Unlock()
	if ctx.Err() != nil {
		f.report = st.recordRefused(ctx, leader)
		return
	}
	defer func() { // such as one in a MarshalText of the application: nothing was published
		if p := recover(); p != nil {
			f.report = st.report(by, time.Now(), nil)
			f.report.Result, f.report.Problems = Rejected, []Problem{{Reason: fmt.Sprintf("panic while reading: %v", p)}}
		}
		st.record(f.report)
	}()
	f.report = st.transact(ctx, by)
}
