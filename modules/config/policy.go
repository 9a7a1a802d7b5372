package config

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Policy says what a reload does when settings differ that change only on
// restart.
type Policy int

const (
	// ReportPending applies the rest, keeps those as they are and says so in the report.
	ReportPending Policy = iota
	// Reject takes such a configuration for an invalid one: nothing changes.
	Reject
	// Restart does as ReportPending, and then asks for an upgrade: the successor starts
	// with all of it, and this process stays if the successor refuses it.
	Restart
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

// record remembers a report, and what it says about the state of things.
func (st *Store) record(r Report) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.last = r
	st.counts.add(r)
	if r.Result == Applied {
		st.past = append(st.past, r)
		if len(st.past) > historyLength {
			st.past = slices.Delete(st.past, 0, 1)
		}
	}
}

// History returns the reports of the last ten revisions, the oldest first. The
// first entry of a young process is its start.
func (st *Store) History() []Report {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.past)
}

// Last returns the report of the last reload, whatever came of it.
func (st *Store) Last() Report {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.last
}

// UnmarshalText reads "report", "reject" or "restart".
func (p *Policy) UnmarshalText(text []byte) error {
	for _, known := range []Policy{ReportPending, Reject, Restart} {
		if known.String() == string(text) {
			*p = known
			return nil
		}
	}
	return fmt.Errorf("%q is none of report, reject, restart", text)
}

// String returns "report", "reject" or "restart".
func (p Policy) String() string {
	switch p {
	case Reject:
		return "reject"
	case Restart:
		return "restart"
	}
	return "report"
}
