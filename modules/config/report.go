package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Result says how a reload ended.
type Result string

// After Applied and Unchanged the configuration on disk is in force, except for
// what is pending; after the others all of the previous configuration stays in
// force.
const (
	Applied   Result = "applied"   // a new revision is in force
	Unchanged Result = "unchanged" // the configuration on disk is in force already
	Rejected  Result = "rejected"  // it has problems, see Report.Problems
	Vetoed    Result = "vetoed"    // a subscriber refused it, see Report.VetoedBy
	Refused   Result = "refused"   // it was not tried: the process is stopping, or the caller gave up
)

// Changed is a setting that has changed, one line of a report. Secrets are not
// shown.
type Changed struct {
	Key    string `json:"key"`
	Old    string `json:"old"`    // the old value (of a pending setting: still in force)
	New    string `json:"new"`    // the value on disk
	Source string `json:"source"` // where the new value comes from: "todo.yaml:3:3", "env TODO_LOG_LEVEL", "default"
}

func (c Changed) String() string { return fmt.Sprintf("%s: %s → %s", c.Key, c.Old, c.New) }

// A Report is the outcome of one reload, for people, logs and programs.
type Report struct {
	Result   Result    `json:"result"`
	Revision uint64    `json:"revision"` // in force now
	Hash     string    `json:"hash"`     // of the files in force now
	Trigger  string    `json:"trigger"`  // "file", "SIGHUP", "api"; several are joined by a comma
	At       time.Time `json:"at"`
	DryRun   bool      `json:"dry_run,omitempty"`
	Files    []string  `json:"files,omitempty"` // read, in order; none without a configuration file

	Changed        []Changed `json:"changed,omitempty"`         // in force now (on a dry run or a veto: would be)
	PendingRestart []Changed `json:"pending_restart,omitempty"` // on disk, in force after a restart
	Problems       []Problem `json:"problems,omitempty"`        // all of them; of a veto, the settings it is about
	VetoedBy       string    `json:"vetoed_by,omitempty"`
	Reason         string    `json:"reason,omitempty"`   // of a veto or a refusal
	Degraded       []string  `json:"degraded,omitempty"` // subscribers that panicked when the change could no longer be undone

	Took  time.Duration            `json:"took_ns"`
	Steps map[string]time.Duration `json:"steps_ns"` // read, parse, resolve, validate, prepare, commit

	cause  error
	panics []error // of the degraded
}

// underlying is the cause of a veto or a refusal. A report read from JSON has only
// its text.
func (r Report) underlying() error {
	if r.cause == nil {
		return errors.New(r.Reason)
	}
	return r.cause
}

// Err returns nil when the configuration on disk is in force (or would be, on a dry
// run). Settings that wait for a restart are not an error.
func (r Report) Err() error {
	switch r.Result {
	case Applied, Unchanged:
		return nil
	case Rejected:
		return &InvalidError{Problems: r.Problems}
	case Vetoed:
		return fmt.Errorf("configuration vetoed by %s: %w", r.VetoedBy, r.underlying())
	}
	return fmt.Errorf("reload refused: %w", r.underlying())
}

// JSON returns the report as indented JSON.
func (r Report) JSON() []byte {
	b, _ := json.MarshalIndent(r, "", "  ") // nothing in it can fail to marshal
	return b
}

// Text returns the report on one line.
func (r Report) Text() string {
	var s string
	switch {
	case r.Result == Rejected && len(r.Problems) == 1:
		s = "rejected: " + r.Problems[0].String()
	case r.Result == Rejected:
		s = fmt.Sprintf("rejected: %d problems, the first: %s", len(r.Problems), r.Problems[0])
	case r.Result == Vetoed:
		why, _, _ := strings.Cut(r.Reason, "\n") // the rest is the stack of a panic
		if len(r.Problems) > 0 {
			why = r.Problems[0].String()
		}
		s = "vetoed by " + r.VetoedBy + ": " + why
	case r.Result == Applied && r.DryRun:
		s = fmt.Sprintf("would be applied: %s would change (%s)", count(len(r.Changed), "setting"), keysOf(r.Changed))
	case r.Result == Applied && len(r.Changed) > 0:
		s = fmt.Sprintf("applied: %s changed (%s)", count(len(r.Changed), "setting"), keysOf(r.Changed))
	case r.Reason != "":
		s = string(r.Result) + ": " + r.Reason
	default:
		s = string(r.Result)
	}
	if n := len(r.PendingRestart); n > 0 && r.Err() == nil {
		s += fmt.Sprintf("; restart needed for %s", keysOf(r.PendingRestart))
	}
	if r.Err() != nil {
		s += fmt.Sprintf("; revision %d stays in force", r.Revision)
	}
	return s
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// keysOf lists up to five keys.
func keysOf(cs []Changed) string {
	var keys []string
	for i, c := range cs {
		if i == 5 {
			keys = append(keys, fmt.Sprintf("and %d more", len(cs)-5))
			break
		}
		keys = append(keys, c.Key)
	}
	return strings.Join(keys, ", ")
}
