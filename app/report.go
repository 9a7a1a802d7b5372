package app

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
)

// Outcome is how a step of the plan or a command ended.
type Outcome string

// The outcomes. A step is done, failed, panicked, exited or abandoned; a
// command is done, unchanged, pending, refused or failed.
const (
	OutcomeDone      Outcome = "done"
	OutcomeFailed    Outcome = "failed"    // returned an error
	OutcomePanicked  Outcome = "panicked"  // the error has the panic, Stack where
	OutcomeExited    Outcome = "exited"    // called runtime.Goexit
	OutcomeAbandoned Outcome = "abandoned" // still running when its time was over; Stack is where
	OutcomeUnchanged Outcome = "unchanged" // nothing to do
	OutcomePending   Outcome = "pending"   // applied, but a part waits for a restart
	OutcomeRefused   Outcome = "refused"   // not at this time, or not by this caller; nothing changed
)

// Step is one function of the plan that has run.
type Step struct {
	Way     string           `json:"way"` // "up" or "down"
	Phase   Phase            `json:"phase"`
	Name    string           `json:"name"`
	Source  string           `json:"source,omitempty"` // file:line that added it; empty where fx hides it
	Began   time.Time        `json:"began"`
	Took    time.Duration    `json:"took_ns"`
	Outcome Outcome          `json:"outcome"`
	Err     error            `json:"-"`
	Stack   string           `json:"stack,omitempty"`
	Slow    bool             `json:"slow,omitempty"`   // used more than half of its time
	Counts  map[string]int64 `json:"counts,omitempty"` // by the function itself, see Count
}

// unclean reports whether the step makes the end unclean. A start hook that fails
// is itself the reason for the end, or obeyed a stop; one that was abandoned or
// panicked is neither.
func (s Step) unclean() bool {
	if s.Way == "up" && s.Outcome == OutcomeFailed {
		return false
	}
	return s.Outcome != OutcomeDone
}

// MarshalJSON writes Err as text.
func (s Step) MarshalJSON() ([]byte, error) {
	type plain Step
	return json.Marshal(struct {
		plain
		Error string `json:"error,omitempty"`
	}{plain(s), errText(s.Err)})
}

// Report explains one run of the process: what ran, for how long, and how it ended.
// It is a value; a copy does not change.
type Report struct {
	App    string        `json:"app"`
	State  State         `json:"state"`
	Code   int           `json:"code"` // exit code
	Reason *Reason       `json:"reason,omitempty"`
	Also   []*Reason     `json:"also,omitempty"` // later reasons, in order
	Steps  []Step        `json:"steps"`
	Up     time.Duration `json:"up_ns"`   // the way up
	Down   time.Duration `json:"down_ns"` // the way down
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Abandoned returns the steps that were still running when their time was over.
func (r Report) Abandoned() (steps []Step) {
	for _, s := range r.Steps {
		if s.Outcome == OutcomeAbandoned {
			steps = append(steps, s)
		}
	}
	return steps
}

// Counts returns the sums of the counts of all steps, such as "drained" and "cut".
func (r Report) Counts() map[string]int64 {
	sum := map[string]int64{}
	for _, s := range r.Steps {
		for k, n := range s.Counts {
			sum[k] += n
		}
	}
	return sum
}

// String returns the one line at the end of a process: how it ended, why, how long
// it took, and what went wrong.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", r.State)
	if r.Reason != nil {
		fmt.Fprintf(&b, " (%s)", r.Reason.Error())
	}
	fmt.Fprintf(&b, " in %s", r.Down.Round(time.Millisecond))
	counts := r.Counts()
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if counts[k] != 0 {
			fmt.Fprintf(&b, ", %s %d", strings.ReplaceAll(k, "_", " "), counts[k])
		}
	}
	for _, s := range r.Steps {
		if s.Outcome != OutcomeDone {
			fmt.Fprintf(&b, "; %s %s in %s", s.Name, s.Outcome, s.Phase)
		}
	}
	fmt.Fprintf(&b, "; exit code %d", r.Code)
	return b.String()
}

// Count adds n to a count of the step that runs with ctx: a result of the hook for
// the report, such as Count(ctx, "cut", 3). With a context that is not a hook's it
// does nothing. It is safe for concurrent use.
func Count(ctx context.Context, key string, n int64) {
	if c, ok := ctx.Value(countsKey{}).(*counts); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.n == nil {
			c.n = map[string]int64{}
		}
		c.n[key] += n
	}
}

type countsKey struct{}

type counts struct {
	mu sync.Mutex
	n  map[string]int64
}

func (c *counts) take() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.n
	c.n = nil
	return n
}
