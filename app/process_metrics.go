package app

import (
	"context"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/internal/build"
)

// ProcessMetrics returns the metrics of the App itself, which Metrics leaves out:
// the program, its state, how long start and stop took, the commands and their
// outcomes. It calls every Check, as Readiness does, and blocks as long; ctx bounds
// that.
func (w Wiring) ProcessMetrics(ctx context.Context) []Metric {
	a := w.app
	ready, _ := w.Readiness(ctx)
	all := []Metric{
		buildInfo(),
		{Name: "generation", Help: "Processes that passed their sockets on to one another, this one included.", Value: float64(a.Generation())},
		{Name: "ready", Help: "1 if the process should get requests.", Value: oneIf(ready)},
	}
	state, phase := a.stateAndPhase()
	for s := StateNew; s <= StateFailed; s++ {
		all = append(all, Metric{Name: "state", Help: "1 for the state of the process.", Labels: []string{"state", s.String()}, Value: oneIf(s == state)})
	}
	for _, p := range phaseValues() {
		all = append(all, Metric{Name: "phase", Help: "1 for the phase of the plan that runs; running: the start is over, and no stop has begun.",
			Labels: []string{"phase", p}, Value: oneIf(p == phase)})
	}
	if end := a.StopDeadline(); !end.IsZero() {
		all = append(all, Metric{Name: "stop_deadline_timestamp_seconds", Help: "When the stop that is under way must be over.", Value: float64(end.UnixMilli()) / 1000})
	}
	return slices.Concat(all, stepMetrics(a.Report()), a.counters.metrics())
}

// phaseRunning is the value of the metric phase while nothing of the plan runs.
const phaseRunning = "running"

// phaseValues returns the values of the metric phase, in the order in which they
// come.
func phaseValues() (all []string) {
	all = append(all, StateNew.String())
	for _, p := range upPhases {
		all = append(all, p.String())
	}
	all = append(all, phaseRunning)
	for _, p := range downPhases {
		if !p.isUp() {
			all = append(all, p.String())
		}
	}
	return append(all, StateStopped.String(), StateFailed.String())
}

// stateAndPhase returns the state, and the phase that runs as a value of the metric
// phase.
func (a *App) stateAndPhase() (state State, phase string) {
	a.plan.mu.Lock()
	defer a.plan.mu.Unlock()
	switch p := &a.plan; {
	case p.state == StateStarting:
		return p.state, upPhases[min(max(p.upIndex, 0), len(upPhases)-1)].String()
	case p.state == StateReady:
		return p.state, phaseRunning
	case p.state == StateDraining || p.state == StateStopping:
		return p.state, max(a.clock.current(), Announce).String()
	}
	return a.plan.state, a.plan.state.String()
}

// stepMetrics returns how long the steps of start and stop took, and what those of
// the stop counted. Names of hooks need not be unique; steps of one name are added
// up.
func stepMetrics(r Report) (all []Metric) {
	index := map[string]int{}
	add := func(name, help string, value float64, labels ...string) {
		key := name + "\xff" + strings.Join(labels, "\xff")
		i, known := index[key]
		if !known {
			i = len(all)
			index[key] = i
			all = append(all, Metric{Name: name, Help: help, Labels: labels})
		}
		all[i].Value += value
	}
	for _, s := range r.Steps {
		if s.Way == "up" {
			add("start_duration_seconds", "Functions of the start.", s.Took.Seconds(), "phase", s.Phase.String(), "step", s.Name)
			continue
		}
		add("shutdown_duration_seconds", "Functions of the stop.", s.Took.Seconds(), "phase", s.Phase.String(), "step", s.Name)
		for result, n := range s.Counts {
			add("stop_results", "What functions of the stop counted.", float64(n), "step", s.Name, "result", result)
		}
	}
	return all
}

// buildInfo returns the version of the program, as far as the build recorded it.
func buildInfo() Metric {
	b := build.Read("")
	return Metric{Name: "build_info", Help: "The program.", Value: 1, Labels: []string{"version", b.Version, "revision", b.Revision, "goversion", b.Go}}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
