package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// counts is what the metrics are made of.
type counts struct {
	good      bool      // after the last reload, disk and memory were the same
	goodAt    time.Time // when that was
	pending   int
	took      map[string]time.Duration // by step, of the last reload
	reloads   map[[2]string]int        // by trigger and result
	vetoes    map[string]int           // by subscriber
	watching  string                   // mode of the watcher, "" when there is none
	scannedAt time.Time                // when it last read the files
}

func newCounts() counts {
	return counts{reloads: map[[2]string]int{}, vetoes: map[string]int{}}
}

func (c *counts) add(r Report) {
	if r.Result != Refused { // otherwise nothing was tried
		c.good = r.Err() == nil
	}
	if r.Err() == nil {
		c.goodAt, c.pending = r.At.Add(r.Took), len(r.PendingRestart)
	}
	if r.Steps != nil {
		c.took = maps.Clone(r.Steps)
	}
	for _, by := range triggers(r.Trigger) {
		c.reloads[[2]string{by, string(r.Result)}]++
	}
	if r.Result == Vetoed {
		c.vetoes[r.VetoedBy]++
	}
}

// triggers returns the kinds of the callers. The part in parentheses, such as a
// process id, is dropped: as a label it has unbounded cardinality.
func triggers(by string) (kinds []string) {
	for by != "" {
		kind, rest, _ := strings.Cut(by, ", ")
		if short, id, ok := strings.Cut(kind, " ("); ok {
			kind = short
			if !strings.HasSuffix(id, ")") {
				_, rest, _ = strings.Cut(rest, ")")
				rest = strings.TrimPrefix(rest, ", ")
			}
		}
		kinds, by = append(kinds, kind), rest
	}
	return kinds
}

// expected are the triggers and results that reloads may have. They are counted
// from the start, with 0: for Prometheus, a counter that is first seen at 1 has not
// increased
// (https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics).
// One that changes nothing is worth no alert.
func expected() map[[2]string]int {
	all := map[[2]string]int{}
	for _, by := range []string{"file change", "SIGHUP", "admin"} {
		for _, result := range []Result{Applied, Rejected, Vetoed} {
			all[[2]string{by, string(result)}] = 0
		}
	}
	return all
}

// metrics returns the numbers while s is in force; drift says that the files on
// disk differ from it.
func (c *counts) metrics(s *Snapshot, drift bool) []app.Metric {
	metrics := []app.Metric{
		{Name: "config_last_reload_successful", Help: "1 if what is on disk was accepted the last time.", Value: asNumber(c.good)},
		{Name: "config_last_reload_success_timestamp_seconds", Help: "When that was so for the last time.", Value: float64(c.goodAt.UnixMilli()) / 1000},
		{Name: "config_info", Help: "The configuration in force.", Labels: []string{"hash", s.hash, "version", strconv.FormatUint(s.revision, 10)}, Value: 1},
		{Name: "config_revision", Help: "The revision in force.", Value: float64(s.revision)},
		{Name: "config_drift", Help: "1 if what is on disk is not what is in force.", Value: asNumber(drift)},
		{Name: "config_restart_pending", Help: "Settings on disk that wait for a restart.", Value: float64(c.pending)},
	}
	reloads := expected()
	maps.Copy(reloads, c.reloads)
	for _, k := range slices.SortedFunc(maps.Keys(reloads), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		metrics = append(metrics, app.Metric{Name: "config_reloads_total", Help: "Reloads by trigger and result.",
			Labels: []string{"trigger", k[0], "result", k[1]}, Value: float64(reloads[k]), Total: true})
	}
	for _, k := range slices.Sorted(maps.Keys(c.vetoes)) {
		metrics = append(metrics, app.Metric{Name: "config_subscriber_veto_total", Help: "Vetoes by subscriber.",
			Labels: []string{"name", k}, Value: float64(c.vetoes[k]), Total: true})
	}
	for _, k := range slices.Sorted(maps.Keys(c.took)) {
		metrics = append(metrics, app.Metric{Name: "config_reload_duration_seconds", Help: "Steps of the last reload.",
			Labels: []string{"phase", k}, Value: c.took[k].Seconds()})
	}
	if c.watching != "" {
		metrics = append(metrics, app.Metric{Name: "config_watch_mode", Help: "How changes of files are noticed.",
			Labels: []string{"mode", c.watching}, Value: 1},
			app.Metric{Name: "config_watch_last_scan_timestamp_seconds", Help: "When the files were read to see whether they differ.",
				Value: float64(c.scannedAt.UnixMilli()) / 1000})
	}
	return metrics
}

func asNumber(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
