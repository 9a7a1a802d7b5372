package app

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Metric is one current number of a part of the program, named as metrics systems
// do: the name ends in the unit, seconds or bytes, and that of a Total in "_total".
// Labels are alternating names and values.
type Metric struct {
	Name   string   `json:"name"`
	Help   string   `json:"help,omitempty"`
	Labels []string `json:"labels,omitempty"`
	Value  float64  `json:"value"`
	Total  bool     `json:"total,omitempty"` // it only ever grows (a counter)
}

// counters count events when they happen, independently of observers, which may be
// late.
type counters struct {
	mu          sync.Mutex // guards everything below
	commands    map[[2]string]int
	upgrades    map[string]int
	lastUpgrade time.Duration // of the last upgrade
	failures    map[string]int
	restarts    map[string]int
	notes       map[string]int
}

// newCounters returns counters in which those that alerts use already exist, at
// zero: PromQL's increase does not see one that begins at one.
func newCounters() counters {
	return counters{
		commands: map[[2]string]int{},
		upgrades: map[string]int{"ok": 0, "failed": 0, "rolled_back": 0, "refused": 0},
		failures: map[string]int{},
		restarts: map[string]int{},
		notes:    map[string]int{"debug": 0, "info": 0, "warn": 0, "error": 0},
	}
}

func (t *counters) count(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case CommandEnded:
		t.command(e)
	case TaskEnded:
		if e.Err == nil {
			return
		}
		t.failures[e.Name]++
		if e.RestartIn >= 0 {
			t.restarts[e.Name]++
		}
	case Noted:
		t.notes[levelName(e.Note.Level)]++
	case Warned:
		t.notes["warn"]++
	}
}

func (t *counters) command(e CommandEnded) {
	name := string(e.Answer.Command)
	if errors.Is(e.Err, ErrUnhandled) {
		name = "unhandled" // callers may invent names
	}
	t.commands[[2]string{name, string(e.Answer.Outcome)}]++
	if e.Answer.Command == Upgrade {
		t.upgrades[upgradeResult(e.Answer)]++
		t.lastUpgrade = e.Answer.Took
	}
}

// upgradeResult returns the result of an upgrade. It was rolled back if the
// successor had already been ready, which the handler of upgrades knows.
func upgradeResult(ans Answer) string {
	detail, knows := ans.Detail.(interface{ RolledBack() bool })
	switch {
	case ans.Outcome == OutcomeDone:
		return "ok"
	case ans.Outcome == OutcomeFailed && knows && detail.RolledBack():
		return "rolled_back"
	}
	return string(ans.Outcome)
}

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warn"
	}
	return "error"
}

func (t *counters) metrics() (all []Metric) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(t.commands), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		all = append(all, Metric{Name: "commands_total", Help: "Commands by outcome.", Total: true, Value: float64(t.commands[k]), Labels: []string{"command", k[0], "outcome", k[1]}})
	}
	counter := func(name, help, label string, counts map[string]int) {
		for _, k := range slices.Sorted(maps.Keys(counts)) {
			all = append(all, Metric{Name: name, Help: help, Total: true, Value: float64(counts[k]), Labels: []string{label, k}})
		}
	}
	counter("upgrades_total", "Upgrades by result.", "result", t.upgrades)
	counter("task_failures_total", "Deaths of background tasks.", "task", t.failures)
	counter("task_restarts_total", "Background tasks that were started again.", "task", t.restarts)
	counter("notes_total", "Lines for people by level.", "level", t.notes)
	if t.lastUpgrade > 0 {
		all = append(all, Metric{Name: "upgrade_last_duration_seconds", Help: "How long the last upgrade took.", Value: t.lastUpgrade.Seconds()})
	}
	return all
}

// collect calls from. If that panics, the list is empty.
func collect[T any](from func() []T) (list []T) {
	defer func() { _ = recover() }()
	return from()
}
