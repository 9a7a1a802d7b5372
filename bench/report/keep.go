package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Part is what one run has measured of a suite.
type Part struct {
	Suite   string
	Cases   []string
	Mode    string
	Began   time.Time
	Seconds float64 // of the whole run
	Machine Machine
}

// When says when it was measured, and under which load.
func (p Part) When() string {
	return fmt.Sprintf("%s run, %s, %.0f s, load average %s before, %s after",
		p.Mode, p.Began.Format("2006-01-02 15:04"), p.Seconds, p.Machine.LoadBefore, p.Machine.LoadAfter)
}

// ownParts are those of this run: one for each suite.
func (r *Report) ownParts() (parts []Part) {
	for _, suite := range r.Suites() {
		parts = append(parts, Part{suite, Cases(r.Of(suite)), r.Mode, r.Began, r.Seconds, r.Machine})
	}
	return parts
}

// parts are those of this run, or of all runs that Keep has put together.
func (r *Report) parts() []Part {
	if r.Parts == nil {
		return r.ownParts()
	}
	return r.Parts
}

// Keep adds what an earlier run has measured and this one has not: the other
// suites, and of the same suite the other cases if this run was one of some cases
// only.
func (r *Report) Keep(old *Report, some bool) {
	own, parts := r.Suites(), r.ownParts()
	renewed := func(suite, kase string) bool {
		i := slices.Index(own, suite) // and so that of its part
		return i >= 0 && (!some || slices.Contains(parts[i].Cases, kase))
	}
	for _, p := range old.parts() {
		p.Cases = slices.DeleteFunc(slices.Clone(p.Cases), func(kase string) bool { return renewed(p.Suite, kase) })
		if len(p.Cases) > 0 {
			parts = append(parts, p)
		}
	}
	r.Parts = parts
	for _, m := range old.Measures {
		if !renewed(m.Suite, m.Case) {
			r.Measures = append(r.Measures, m)
		}
	}
	for _, l := range old.Losses {
		if !renewed(l.Suite, l.Case) {
			r.Losses = append(r.Losses, l)
		}
	}
	for _, s := range old.Series {
		if !slices.ContainsFunc(r.Series, func(n Series) bool { return n.Plot == s.Plot && n.Server == s.Server }) {
			r.Series = append(r.Series, s)
		}
	}
	for _, n := range old.Notes {
		r.Note(n)
	}
	for _, g := range old.Gates {
		if !slices.ContainsFunc(r.Gates, g.same) && (some || !slices.ContainsFunc(own, g.of)) {
			r.Gates = append(r.Gates, g)
		}
	}
}

func (g Gate) same(other Gate) bool { return g.Promise == other.Promise }

// of reports whether the promise is about that suite.
func (g Gate) of(suite string) bool { return strings.HasPrefix(g.Promise, suite+", ") }

// Sort puts suites and cases in the order of these names; others come last.
func (r *Report) Sort(suites, cases []string) {
	place := func(names []string, name string) int {
		if i := slices.Index(names, name); i >= 0 {
			return i
		}
		return len(names)
	}
	compare := func(aSuite, aCase, bSuite, bCase string) int {
		if d := place(suites, strings.Fields(aSuite)[0]) - place(suites, strings.Fields(bSuite)[0]); d != 0 {
			return d
		}
		return place(cases, aCase) - place(cases, bCase)
	}
	slices.SortStableFunc(r.Measures, func(a, b *Measure) int { return compare(a.Suite, a.Case, b.Suite, b.Case) })
	slices.SortStableFunc(r.Losses, func(a, b Loss) int { return compare(a.Suite, a.Case, b.Suite, b.Case) })
}
