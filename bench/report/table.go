package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/bench/stats"
)

// baselines are the servers that others of a suite are divided by.
var baselines = map[string]string{"steady": "nethttp", "cost": "nethttp", "startup": "nethttp", "config read": "graceful", "config reload": "viper"}

// Write writes all tables, as Markdown that also reads well in a terminal.
func (r *Report) Write(w io.Writer) error {
	if r.Parts == nil {
		fmt.Fprintf(w, "%s run, %s, %.0f s\n%s\n\n", r.Mode, r.Began.Format("2006-01-02 15:04"), r.Seconds, r.Machine)
	} else {
		fmt.Fprintf(w, "%s\n\n", r.Machine.itself())
	}
	fmt.Fprintf(w, "Medians over the rounds [lowest to highest]; × is the median of the ratios round by round.\n")
	for _, suite := range r.Suites() {
		fmt.Fprintf(w, "\n## %s\n\n", suite)
		r.writeParts(w, suite)
		writeTable(w, r.Of(suite), baselines[suite])
	}
	r.writeLosses(w)
	for _, n := range r.Notes {
		fmt.Fprintf(w, "- %s\n", n)
	}
	return r.writeGates(w)
}

// writeParts says when the cases of a suite were measured, if not all in one run.
func (r *Report) writeParts(w io.Writer, suite string) {
	for _, p := range r.Parts {
		if p.Suite != suite {
			continue
		}
		cases := ""
		if len(p.Cases) < len(Cases(r.Of(suite))) {
			cases = strings.Join(p.Cases, "; ") + ": "
		}
		fmt.Fprintf(w, "%s%s\n\n", cases, p.When())
	}
}

func writeTable(w io.Writer, all []*Measure, baseline string) {
	metrics := Metrics(all)
	rows := [][]string{append([]string{"case", "server"}, metrics...)}
	for _, kase := range Cases(all) {
		for _, server := range Servers(all) {
			row, any := []string{kase, server}, false
			for _, metric := range metrics {
				text := ""
				if m := pick(all, kase, server, metric); m != nil {
					text, any = cell(m, pick(all, kase, baseline, metric)), true
				}
				row = append(row, text)
			}
			if any {
				rows = append(rows, row)
			}
		}
	}
	align(w, rows)
}

func pick(all []*Measure, kase, server, metric string) *Measure {
	for _, m := range all {
		if m.Case == kase && m.Server == server && m.Metric == metric {
			return m
		}
	}
	return nil
}

func cell(m, baseline *Measure) string {
	text := stats.Text(m.Median())
	if lo, hi := stats.Spread(m.Values); lo != hi {
		text += fmt.Sprintf(" [%s to %s]", stats.Text(lo), stats.Text(hi))
	}
	if baseline != nil && baseline != m {
		if ratios := stats.Ratios(m.Values, baseline.Values); len(ratios) > 0 {
			text += fmt.Sprintf(" ×%.3g", stats.Median(ratios))
		}
	}
	return text
}

// align writes a Markdown table whose columns are as wide as they need.
func align(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], len([]rune(text)))
		}
	}
	for n, row := range rows {
		for i, text := range row {
			fmt.Fprintf(w, "| %s%s ", text, strings.Repeat(" ", widths[i]-len([]rune(text))))
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
}

func (r *Report) writeLosses(w io.Writer) {
	fmt.Fprintln(w)
	for _, l := range r.Losses {
		var how []string
		for _, f := range slices.Sorted(maps.Keys(l.How)) {
			how = append(how, fmt.Sprintf("%d × %s", l.How[f], f))
		}
		fmt.Fprintf(w, "- lost, %s, %s, %s: %s\n", l.Suite, l.Case, l.Server, strings.Join(how, "; "))
	}
}
