//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/gracefulfx/graceful/bench/plot"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// drawing is one picture.
type drawing interface{ Draw(io.Writer) error }

// draw writes the plots of what was measured.
func (b *bench) draw(out string) error {
	for name, d := range b.plots() {
		if err := toFile(filepath.Join(out, name), d.Draw); err != nil {
			return err
		}
	}
	return nil
}

// plots are the pictures by the names of their files.
func (b *bench) plots() map[string]drawing {
	note := fmt.Sprintf("%s run of %s, %d cores, load average %s; medians", b.Mode, b.Began.Format("2006-01-02"), b.Machine.Cores, b.Machine.LoadBefore)
	if b.Parts != nil { // of several runs
		note = fmt.Sprintf("%d cores; medians; results.md says when, and under which load", b.Machine.Cores)
	}
	plots := map[string]drawing{}
	if all := b.Of("restart"); len(all) > 0 {
		plots["lost.svg"] = bars(all, "lost per restart", plot.Bars{Title: "Requests lost per restart", Note: note, Unit: "requests"})
	}
	if b.hasSeries("latency") {
		plots["latency.svg"] = b.curves("latency", plot.Curves{
			Title: "p99 around a restart (64 clients, 0-20 ms of thought)", Note: note + "; a gap: no request was answered",
			X: "ms since the signal", Y: "ms", LogY: true,
		})
	}
	if b.hasSeries("lag") {
		plots["lag.svg"] = b.curves("lag", plot.Curves{
			Title: "Exit after the last response", Note: note,
			X: "ms from the last response to the exit", Y: "% of stops", LogX: true,
		})
	}
	if all := b.Of("config read"); len(all) > 0 {
		plots["read.svg"] = bars(all, "CPU ns", plot.Bars{Title: "Reading one setting", Note: note, Unit: "ns of processor time, logarithmic", Log: true})
	}
	return plots
}

func (b *bench) hasSeries(name string) bool {
	return slices.ContainsFunc(b.Series, func(s report.Series) bool { return s.Plot == name })
}

// bars fills in a metric: a group for each case, a bar for each server.
func bars(all []*report.Measure, metric string, p plot.Bars) plot.Bars {
	p.Groups, p.Names = report.Cases(all), report.Servers(all)
	p.Values = make([][]float64, len(p.Groups))
	for g, kase := range p.Groups {
		for _, server := range p.Names {
			v := -1.0
			for _, m := range all {
				if m.Case == kase && m.Server == server && m.Metric == metric {
					v = stats.Median(m.Values)
				}
			}
			p.Values[g] = append(p.Values[g], v)
		}
	}
	return p
}

// curves fills in the series of a plot. Moments without a request are gaps.
func (b *bench) curves(name string, p plot.Curves) plot.Curves {
	for _, s := range b.Series {
		if s.Plot != name {
			continue
		}
		c := plot.Curve{Name: s.Server, X: s.X}
		for _, y := range s.Y {
			if y == 0 {
				y = math.NaN()
			}
			c.Y = append(c.Y, y)
		}
		p.Curves = append(p.Curves, c)
	}
	return p
}
