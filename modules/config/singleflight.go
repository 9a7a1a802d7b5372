package config

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reload reads the configuration again and puts it into force if every subscriber
// can follow. It blocks for the outcome. Calls that come while a reload is running
// share the next one, so two runs answer any number of calls. by is the trigger
// that the report names. When ctx ends before the new configuration is published,
// the reload is refused.
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
				continue // the caller that ran it gave up; this one did not
			}
		case <-ctx.Done():
		}
		return st.recordRefused(ctx, by)
	}
}

// join joins the reload that has not begun, or makes one, which the caller runs.
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
// before, the others that wait for it begin another.
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
	defer func() { // of a MarshalText of the application, say: nothing was published
		if p := recover(); p != nil {
			f.report = st.report(by, time.Now(), nil)
			f.report.Result, f.report.Problems = Rejected, []Problem{{Reason: fmt.Sprintf("panic while reading: %v", p)}}
		}
		st.record(f.report)
	}()
	f.report = st.transact(ctx, by)
}
