//go:build linux

package main

import (
	"slices"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// countsConns is the least that a program can do to end without losing an answer
// that it has begun.
var countsConns = rival{name: "waitgroup",
	note: "waitgroup: what endless and grace do, and nothing else: it counts connections, closes the listener and waits for the count to be 0"}

// mostExit is the promised limit of the median, in milliseconds.
const mostExit = 3

// exits measures, many times, how long after the last answer the process is gone:
// with one request in flight and nothing else, and under load.
func exits(b *bench) error {
	all := slices.DeleteFunc(b.rivals(append([]rival{plainFx, countsConns}, olderRivals...)...), func(r rival) bool {
		return r.master // its example does not drain on SIGTERM
	})
	lags, loaded := map[string][]float64{}, map[string][]float64{}
	const one, many = "one in flight, 50-600 ms", "64 clients, 0-20 ms"
	err := turns(b.size.lagTrials, all, func(round int, r rival) error {
		takes := 50*time.Millisecond + 550*time.Millisecond*time.Duration(round)/time.Duration(b.size.lagTrials)
		g, err := b.exit(r, one, func(s *server) (stopped, error) {
			return stopDuring(s, load.Plan{Requests: 1, Slow: 1, SlowFrom: takes, SlowTo: takes + time.Millisecond}, 30*time.Millisecond)
		})
		if err != nil {
			return err
		}
		lags[r.name] = append(lags[r.name], ms(g.lag))
		g, err = b.exit(r, many, stopUnderLoad)
		if err == nil && g.lag >= 0 {
			loaded[r.name] = append(loaded[r.name], ms(g.lag))
		}
		return err
	})
	b.drawLags(all, lags)
	if got := lags["graceful"]; len(got) > 0 {
		b.Gates = append(b.Gates, report.Gate{
			Promise: "exit, " + one + ": the median is at most 3 ms after the last answer",
			Got:     stats.Text(stats.Median(got)) + " ms",
			OK:      stats.Median(got) <= mostExit,
		})
	}
	if ours, theirs := loaded["graceful"], loaded["grace"]; len(ours) > 0 && len(theirs) > 0 {
		b.Gates = append(b.Gates, report.Gate{
			Promise: "exit, " + many + ": the median after the last answer is at most that of grace",
			Got:     stats.Text(stats.Median(ours)) + " ms, grace " + stats.Text(stats.Median(theirs)) + " ms",
			OK:      stats.Median(ours) <= stats.Median(theirs),
		})
	}
	return err
}

// exit starts a server and stops it.
func (b *bench) exit(r rival, kase string, stop func(*server) (stopped, error)) (stopped, error) {
	s, err := b.start(r, false, stopBudget)
	if err != nil {
		return stopped{}, err
	}
	defer s.kill()
	g, err := stop(s)
	if err == nil {
		g.add(b, "exit", kase, r.name)
	}
	return g, err
}

// drawLags draws how many of the exits had happened by when.
func (b *bench) drawLags(all []rival, lags map[string][]float64) {
	for _, r := range all {
		if sorted := slices.Sorted(slices.Values(lags[r.name])); len(sorted) > 0 {
			series := report.Series{Plot: "lag", Server: r.name}
			for i, lag := range sorted {
				series.X = append(series.X, max(lag, 0.1))
				series.Y = append(series.Y, 100*float64(i+1)/float64(len(sorted)))
			}
			b.Series = append(b.Series, series)
		}
	}
}
