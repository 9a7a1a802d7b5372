// Package report collects what was measured, and writes it as tables for
// people and as JSON for programs.
package report

import (
	"slices"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/stats"
)

// Report is one run of the comparison. It is not safe for concurrent use.
type Report struct {
	Mode     string
	Began    time.Time
	Seconds  float64
	Machine  Machine
	Measures []*Measure
	Losses   []Loss   `json:",omitempty"`
	Series   []Series `json:",omitempty"`
	Notes    []string `json:",omitempty"` // what was skipped, and what went wrong
	Gates    []Gate   `json:",omitempty"`
	Parts    []Part   `json:",omitempty"` // when each was measured, if not all in this run
}

// Measure is one figure of one server, once for every round.
type Measure struct {
	Suite, Case, Server, Metric string
	Values                      []float64
}

// Median is the middle of the rounds.
func (m *Measure) Median() float64 { return stats.Median(m.Values) }

// Loss is how requests were lost.
type Loss struct {
	Suite, Case, Server string
	How                 map[string]int
}

// Series is something that is drawn, and not shown in a table.
type Series struct {
	Plot, Server string
	X, Y         []float64
}

// Add adds the figure of one round.
func (r *Report) Add(suite, kase, server, metric string, value float64) {
	if m := r.find(suite, kase, server, metric); m != nil {
		m.Values = append(m.Values, value)
		return
	}
	r.Measures = append(r.Measures, &Measure{suite, kase, server, metric, []float64{value}})
}

// Values returns a figure of all rounds, nil if it was not measured.
func (r *Report) Values(suite, kase, server, metric string) []float64 {
	if m := r.find(suite, kase, server, metric); m != nil {
		return m.Values
	}
	return nil
}

func (r *Report) find(suite, kase, server, metric string) *Measure {
	for _, m := range r.Measures {
		if m.Suite == suite && m.Case == kase && m.Server == server && m.Metric == metric {
			return m
		}
	}
	return nil
}

// Lose adds lost requests.
func (r *Report) Lose(suite, kase, server string, failures map[load.Failure]int) {
	if len(failures) == 0 {
		return
	}
	i := slices.IndexFunc(r.Losses, func(l Loss) bool { return l.Suite == suite && l.Case == kase && l.Server == server })
	if i < 0 {
		i = len(r.Losses)
		r.Losses = append(r.Losses, Loss{suite, kase, server, map[string]int{}})
	}
	for f, n := range failures {
		r.Losses[i].How[f.String()] += n
	}
}

// Note adds a remark, once.
func (r *Report) Note(text string) {
	if !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

// distinct returns the values of a field in the order of their first appearance.
func distinct(all []*Measure, field func(*Measure) string) []string {
	var names []string
	for _, m := range all {
		if name := field(m); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Of returns the measures of a suite.
func (r *Report) Of(suite string) []*Measure {
	var own []*Measure
	for _, m := range r.Measures {
		if m.Suite == suite {
			own = append(own, m)
		}
	}
	return own
}

// Suites returns the names of the suites that have figures.
func (r *Report) Suites() []string {
	return distinct(r.Measures, func(m *Measure) string { return m.Suite })
}

// Cases returns the names of the cases of some measures.
func Cases(of []*Measure) []string { return distinct(of, func(m *Measure) string { return m.Case }) }

// Servers returns the names of the servers of some measures.
func Servers(of []*Measure) []string {
	return distinct(of, func(m *Measure) string { return m.Server })
}

// Metrics returns the names of the metrics of some measures.
func Metrics(of []*Measure) []string {
	return distinct(of, func(m *Measure) string { return m.Metric })
}
