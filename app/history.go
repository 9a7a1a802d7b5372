package app

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// history records which functions of the plan run and which have run.
type history struct {
	mu       sync.Mutex // guards everything below
	running  map[*member]RunningHook
	steps    []Step
	up, down time.Duration // of the start and of the stop
	code     int           // exit code
}

func newHistory() history { return history{running: map[*member]RunningHook{}} }

func (h *history) begin(m *member, p Phase) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running[m] = RunningHook{Phase: p, Name: m.Name, Source: m.source, Began: time.Now()}
}

func (h *history) end(m *member, s Step) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.running, m)
	h.steps = append(h.steps, s)
}

func (h *history) started(took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.up = took
}

// stopped records the end of the plan, which is clean if its reasons and all its
// steps are. It returns the final state.
func (h *history) stopped(took time.Duration, code int, clean bool) State {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down, h.code = took, code
	if clean && !slices.ContainsFunc(h.steps, Step.unclean) {
		return StateStopped
	}
	h.code = max(code, 1)
	return StateFailed
}

// RunningHook is a function of the plan that runs now; a start or a stop waits for
// it.
type RunningHook struct {
	Phase  Phase     `json:"phase"`
	Name   string    `json:"name"`
	Source string    `json:"source,omitempty"` // file:line that added it
	Began  time.Time `json:"began"`
}

func (h *history) runningHooks() []RunningHook {
	h.mu.Lock()
	all := slices.Collect(maps.Values(h.running))
	h.mu.Unlock()
	slices.SortFunc(all, func(x, y RunningHook) int {
		if c := x.Began.Compare(y.Began); c != 0 {
			return c
		}
		return strings.Compare(x.Name, y.Name)
	})
	return all
}

// String names the phase, the function, and where it was added.
func (h RunningHook) String() string {
	if h.Source == "" {
		return h.Phase.String() + " " + h.Name
	}
	return h.Phase.String() + " " + h.Name + " (" + h.Source + ")"
}

// waitingFor names the functions that run now.
func (h *history) waitingFor() string {
	var names []string
	for _, r := range h.runningHooks() {
		names = append(names, r.String())
	}
	return strings.Join(names, ", ")
}
