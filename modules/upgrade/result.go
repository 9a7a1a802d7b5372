package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Phase is how far an upgrade has come. Failed ones are back at Idle.
type Phase string

// The phases of an upgrade, in order.
//
//	idle ─► checking ─► starting ─► probation ─► moving ─► committing ─► replaced
//	  ▲         │           │           │           │           │
//	  └─────────┴───────────┴───────────┴───────────┴───────────┘ any failure
const (
	Idle       Phase = "idle"       // no upgrade is going on
	Checking   Phase = "checking"   // the new program checks its configuration
	Starting   Phase = "starting"   // the new process starts
	Probation  Phase = "probation"  // both serve
	Moving     Phase = "moving"     // idle connections move
	Committing Phase = "committing" // the new process takes over
	Replaced   Phase = "replaced"   // it has; this one drains and ends
)

// Result is what came of one upgrade.
type Result struct {
	By         string        `json:"by,omitempty"`
	Program    string        `json:"program,omitempty"` // path of what was started
	PID        int           `json:"pid,omitempty"`     // of the new process
	Generation int           `json:"generation"`        // of the new process
	Phase      Phase         `json:"phase"`             // the last that was reached
	Began      time.Time     `json:"began"`
	Ready      time.Duration `json:"ready_ns,omitempty"` // from the beginning until the new process was ready
	Took       time.Duration `json:"took_ns"`
	Connections
	Err error `json:"-"` // why it failed; nil if Phase is Replaced
}

// Connections counts what became of those of the old process. The numbers grow
// until it has drained: the Result of an upgrade that succeeded has those of
// its beginning, Status of either process the later ones.
type Connections struct {
	Handed    int `json:"handed"`     // the new process has them
	TakenBack int `json:"taken_back"` // the new one could not take them: the old one has them
	// Cut were closed by force: by an old process without time left, or by a new
	// one that died as it took over.
	Cut int `json:"cut"`
}

// String leaves out what is 0, but for the first.
func (c Connections) String() string {
	s := fmt.Sprintf("%d connections handed over", c.Handed)
	if c.TakenBack > 0 {
		s += fmt.Sprintf(", %d taken back", c.TakenBack)
	}
	if c.Cut > 0 {
		s += fmt.Sprintf(", %d cut", c.Cut)
	}
	return s
}

// RolledBack reports whether the new process had become ready and was rejected all
// the same: by its probation, or because it could not take over.
func (r Result) RolledBack() bool {
	return r.Err != nil && (r.Phase == Probation || r.Phase == Moving || r.Phase == Committing)
}

// MarshalJSON writes Err as text.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	text := ""
	if r.Err != nil {
		text = r.Err.Error()
	}
	return json.Marshal(struct {
		plain
		Error string `json:"error,omitempty"`
	}{plain(r), text})
}

// String is one line for people.
func (r Result) String() string {
	if r.Err != nil {
		s := fmt.Sprintf("this process (generation %d) stays: %v", r.Generation-1, r.Err)
		if r.Connections != (Connections{}) {
			s += fmt.Sprintf(" (%v)", r.Connections)
		}
		return s
	}
	return fmt.Sprintf("pid %d → %d (generation %d) in %v, %v",
		os.Getpid(), r.PID, r.Generation, r.Took.Round(time.Millisecond), r.Connections)
}

// Status is what is known of upgrades in one process.
type Status struct {
	Generation  int          `json:"generation"`
	Phase       Phase        `json:"phase"`
	Predecessor bool         `json:"predecessor"`        // it still drains; no upgrade until it is gone
	Handover    *Connections `json:"handover,omitempty"` // the last word of the predecessor; nil: there is none, yet
	Last        *Result      `json:"last,omitempty"`     // the last upgrade this process has tried
	Failures    int          `json:"failures,omitempty"` // since the last success or change of program
	RetryAt     time.Time    `json:"retry_at,omitzero"`  // earlier ones are refused
}
