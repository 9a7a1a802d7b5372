package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// UpgradeRecord is the outcome of one upgrade, as far as this process knows.
type UpgradeRecord struct {
	From        int           `json:"from"` // generation
	To          int           `json:"to"`
	By          string        `json:"by,omitempty"` // the caller
	Took        time.Duration `json:"took_ns,omitempty"`
	Draining    bool          `json:"draining,omitempty"`    // the old process is still there
	Waiting     string        `json:"waiting,omitempty"`     // and what it waits for, as of a second ago; empty: not known
	Connections *Connections  `json:"connections,omitempty"` // nil: not known, or not yet
	Error       string        `json:"error,omitempty"`       // why the old process has stayed
}

// Connections counts what became of the connections of the old process. The
// numbers grow until it has drained.
type Connections struct {
	Handed    int `json:"handed"`     // the new process has them
	TakenBack int `json:"taken_back"` // the old process has them still, or again
	Cut       int `json:"cut"`        // closed by force: an old process ran out of time, or a new one died as it took over

	// Kept counts those that were in the middle of a request; nil: there were none,
	// or the old process did not report any.
	Kept *Kept `json:"kept,omitempty"`
}

// Kept counts connections that were in the middle of a request whose handler lets
// them move, such as WebSockets.
type Kept struct {
	Moved  int            `json:"moved"`            // their handlers go on in the new process
	Stayed map[string]int `json:"stayed,omitempty"` // of the others, by reason

	// Pause is the longest time for which nothing was read from one that has moved.
	// In the old process it ends when the new one is in charge. The new one knows
	// it better: there it ends when the handler reads or writes.
	Pause time.Duration `json:"pause_ns,omitempty"`
}

// Add adds the counts of another server.
func (k *Kept) Add(other Kept) {
	k.Moved += other.Moved
	k.Pause = max(k.Pause, other.Pause)
	for reason, n := range other.Stayed {
		if k.Stayed == nil {
			k.Stayed = map[string]int{}
		}
		k.Stayed[reason] += n
	}
}

// String returns the text that follows the other numbers, "" if k is nil or counts
// none.
func (k *Kept) String() string {
	if k == nil || k.Moved == 0 && len(k.Stayed) == 0 {
		return ""
	}
	s := fmt.Sprintf(", %d in the middle of a request (paused for %v at most)", k.Moved, k.Pause.Round(time.Millisecond))
	for i, reason := range slices.Sorted(maps.Keys(k.Stayed)) {
		sep := ", "
		if i == 0 {
			sep = "; stayed: "
		}
		s += fmt.Sprintf("%s%d %s", sep, k.Stayed[reason], strings.ReplaceAll(reason, "_", " "))
	}
	return s
}

// String returns the counts as text, without those that are 0 except the first.
func (c Connections) String() string {
	s := fmt.Sprintf("%d connections handed over", c.Handed)
	if c.TakenBack > 0 {
		s += fmt.Sprintf(", %d taken back", c.TakenBack)
	}
	if c.Cut > 0 {
		s += fmt.Sprintf(", %d cut", c.Cut)
	}
	return s + c.Kept.String()
}

// String returns one line for people.
func (u UpgradeRecord) String() string {
	text := fmt.Sprintf("%d -> %d", u.From, u.To)
	if u.By != "" {
		text += " by " + u.By
	}
	if u.Took > 0 {
		text += fmt.Sprintf(", took %.1f s", u.Took.Seconds())
	}
	switch c := u.Connections; {
	case u.Error != "" && (c == nil || *c == Connections{}): // it failed before any moved
	case c != nil:
		text += fmt.Sprintf(", %d connections handed, %d taken back, %d cut", c.Handed, c.TakenBack, c.Cut) + c.Kept.String()
	case u.Draining:
		text += ", the old process still drains"
	default:
		text += ", the old process did not report what became of its connections"
	}
	if u.Waiting != "" {
		text += "; the old process waits for " + u.Waiting
	}
	if u.Error != "" {
		text += ": " + u.Error
	}
	return text
}

// MaxHistory is the most bytes of one History that go to the next generation.
const MaxHistory = 256 << 10

// History is what a part of the program remembers of the past and leaves to the
// same part of the next generation. The module that carries out upgrades calls both
// functions on its goroutines, perhaps more than once: Save before the new process
// takes over and at the end of the old one, Load with each text. They must not
// block. The program at the other end may be older or newer: Load ignores what it
// does not understand.
type History struct {
	Save func() []byte // at most MaxHistory bytes; more is not sent
	Load func([]byte)
}
