package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Phase is how far an upgrade has come. A failed one is back at Idle.
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

// Result is the outcome of one upgrade.
type Result struct {
	By         string        `json:"by,omitempty"`
	Program    string        `json:"program,omitempty"` // path of what was started
	PID        int           `json:"pid,omitempty"`     // of the new process
	Generation int           `json:"generation"`        // of the new process
	Phase      Phase         `json:"phase"`             // the last that was reached
	Began      time.Time     `json:"began"`
	Ready      time.Duration `json:"ready_ns,omitempty"` // from the beginning until the new process was ready
	Took       time.Duration `json:"took_ns"`
	app.Connections
	Err error `json:"-"` // why it failed; nil if Phase is Replaced
}

// RolledBack reports whether the new process had become ready and was then
// rejected: on probation, or because it could not take over.
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

// String returns one line for people.
func (r Result) String() string {
	if r.Err != nil {
		s := fmt.Sprintf("this process (generation %d) stays: %v", r.Generation-1, r.Err)
		if r.Connections != (app.Connections{}) {
			s += fmt.Sprintf(" (%v)", r.Connections)
		}
		return s
	}
	return fmt.Sprintf("pid %d → %d (generation %d) in %v, %v",
		os.Getpid(), r.PID, r.Generation, r.Took.Round(time.Millisecond), r.Connections)
}

// Status is the state of upgrades in one process.
type Status struct {
	Generation  int              `json:"generation"`
	Phase       Phase            `json:"phase"`
	Predecessor bool             `json:"predecessor"`        // it still drains; no upgrade until it is gone
	Handover    *app.Connections `json:"handover,omitempty"` // the predecessor's last report; nil: none has come
	Last        *Result          `json:"last,omitempty"`     // the last upgrade this process has tried
	Failures    int              `json:"failures,omitempty"` // since the last success or change of program
	RetryAt     time.Time        `json:"retry_at,omitzero"`  // upgrades before it are refused
}

// history returns the records of the upgrade that this process came from and of the
// last one that it tried itself.
func (u *Upgrader) history() (all []app.UpgradeRecord) {
	if p := u.predecessor; p != nil && p.is(inCharge) {
		s := app.UpgradeRecord{From: u.app.Generation() - 1, To: u.app.Generation(), Draining: p.alive()}
		if d := p.done.Load(); d != nil {
			s.By, s.Took, s.Connections = d.By, d.Took, p.outcome()
		}
		if w := p.waiting.Load(); w != nil && s.Draining {
			s.Waiting = *w
		}
		all = append(all, s)
	}
	if last := u.Status().Last; last != nil {
		s := app.UpgradeRecord{From: last.Generation - 1, To: last.Generation, By: last.By, Took: last.Took, Connections: &last.Connections}
		if last.Err != nil {
			s.Error = last.Err.Error()
		}
		all = append(all, s)
	}
	return all
}
