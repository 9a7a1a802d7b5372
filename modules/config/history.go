package config

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// historyLength is how many revisions are remembered.
const historyLength = 10

// report begins a report about a candidate.
func (st *Store) report(by string, begin time.Time, c *candidate) Report {
	s := st.Snapshot()
	r := Report{Trigger: by, At: begin, Revision: s.revision, Hash: s.hash, Took: time.Since(begin)}
	if c != nil {
		r.Files, r.Steps = slices.Clone(c.files), maps.Clone(c.took)
	}
	return r
}

// record remembers a report, and updates the state that follows from it.
func (st *Store) record(r Report) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.last = r
	close(st.recorded)
	st.recorded = make(chan struct{})
	st.counts.add(r)
	if r.Result == Applied {
		st.past = append(st.past, r)
		if len(st.past) > historyLength {
			st.past = slices.Delete(st.past, 0, 1)
		}
	}
}

// History returns the reports of the last ten revisions, the oldest first. As long
// as there are fewer, the first is that of the start.
func (st *Store) History() []Report {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.past)
}

// Last returns the report of the last reload, whatever its result.
func (st *Store) Last() Report {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.last
}

// Await blocks until ok accepts the last report, and returns that report. Of
// reports that follow one another quickly, all but the last may be skipped. The
// error is that of ctx.
func (st *Store) Await(ctx context.Context, ok func(Report) bool) (Report, error) {
	for {
		st.mu.Lock()
		last, moved := st.last, st.recorded
		st.mu.Unlock()
		if ok(last) {
			return last, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return last, context.Cause(ctx)
		}
	}
}

// recordRefused makes and records the report of a reload that was not begun.
func (st *Store) recordRefused(ctx context.Context, by string) Report {
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

// Metrics returns the numbers for a metrics page. config_drift is as of the last
// time when the files were read, which the watcher does regularly.
func (st *Store) Metrics() []app.Metric {
	s := st.Snapshot()
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.counts.metrics(s, st.seenSum != s.hash)
}

// pending is how many settings on disk wait for a restart.
func (st *Store) pending() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.counts.pending
}
