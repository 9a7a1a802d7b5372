package prometheus

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// tally counts events. Its counters are read by every scrape.
type tally struct {
	mu       sync.Mutex // guards everything below
	commands map[[2]string]float64
	upgrades map[string]float64
	lastUp   time.Duration // of the last upgrade
	failures map[string]float64
	restarts map[string]float64
	notes    map[string]float64
}

// What alerts look at exists from the start: increase does not see a counter
// that begins at one.
func newTally() *tally {
	return &tally{
		commands: map[[2]string]float64{},
		upgrades: map[string]float64{"done": 0, "failed": 0, "refused": 0},
		failures: map[string]float64{},
		restarts: map[string]float64{},
		notes:    map[string]float64{"info": 0, "warn": 0, "error": 0},
	}
}

func (t *tally) observe(e app.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case app.CommandEnded:
		t.command(e)
	case app.TaskEnded:
		if e.Err == nil {
			return
		}
		t.failures[e.Name]++
		if e.RestartIn >= 0 {
			t.restarts[e.Name]++
		}
	case app.Noted:
		t.notes[levelOf(e.Note.Level)]++
	case app.Warned:
		t.notes["warn"]++
	}
}

func (t *tally) command(e app.CommandEnded) {
	name, outcome := string(e.Answer.Command), string(e.Answer.Outcome)
	if errors.Is(e.Err, app.ErrUnhandled) {
		name = "unhandled" // anybody may invent names
	}
	t.commands[[2]string{name, outcome}]++
	if e.Answer.Command == app.Upgrade {
		t.upgrades[outcome]++
		t.lastUp = e.Answer.Took
	}
}

func levelOf(l slog.Level) string {
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

// figures returns the counters, in no particular order.
func (t *tally) figures() (all []app.Figure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, n := range t.commands {
		all = append(all, app.Figure{Name: "commands_total", Help: "Commands by outcome.", Total: true, Value: n, Labels: []string{"command", k[0], "outcome", k[1]}})
	}
	counter := func(name, help, label string, counts map[string]float64) {
		for k, n := range counts {
			all = append(all, app.Figure{Name: name, Help: help, Total: true, Value: n, Labels: []string{label, strings.ToValidUTF8(k, "?")}})
		}
	}
	counter("upgrades_total", "Upgrades by outcome.", "outcome", t.upgrades)
	counter("task_failures_total", "Deaths of background tasks.", "task", t.failures)
	counter("task_restarts_total", "Background tasks that were started again.", "task", t.restarts)
	counter("notes_total", "Lines for people by level.", "level", t.notes)
	if t.lastUp > 0 {
		all = append(all, app.Figure{Name: "upgrade_last_duration_seconds", Help: "How long the last upgrade took.", Value: t.lastUp.Seconds()})
	}
	return all
}
