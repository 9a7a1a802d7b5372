package rollout

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Phase is what the fleet is doing. The zero value means that nothing is known
// yet.
type Phase string

// The phases.
const (
	Steady  Phase = "steady"  // every instance has the good document, or will have
	Rolling Phase = "rolling" // the members have the new document
	Halted  Phase = "halted"  // the new document has failed; every instance goes back
)

// Schema is the version of the JSON of State and Report.
const Schema = 1

// State is the agreed state of the fleet.
type State struct {
	Schema   int      `json:"schema"`
	Phase    Phase    `json:"phase"`
	Good     int64    `json:"good"`               // revision of the last good document
	Revision int64    `json:"revision,omitempty"` // of the new one, unless steady
	Plan     Plan     `json:"plan,omitzero"`      // for it, whatever instances are configured with
	Stage    int      `json:"stage,omitempty"`    // the open one, from 0
	Members  []string `json:"members,omitempty"`  // take the new document
	Why      string   `json:"why,omitempty"`      // halted
}

// A Report is the state of an instance, valid as long as its lease.
type Report struct {
	Schema     int       `json:"schema"`
	Name       string    `json:"name"`
	ID         string    `json:"id"` // of a process and its successors
	Host       string    `json:"host"`
	PID        int       `json:"pid"`
	Generation int       `json:"generation"`
	Ready      bool      `json:"ready"`
	Text       string    `json:"text,omitempty"`    // why it is not
	Revision   int64     `json:"revision"`          // of the document in force
	Hash       string    `json:"hash"`              // of the configuration in force
	Pending    int       `json:"pending,omitempty"` // settings that wait for a restart
	Failed     Failure   `json:"failed,omitzero"`
	At         time.Time `json:"at"` // by its clock, for people
}

// A Failure says which document failed in an instance, and why. It stays until the
// instance tries another one.
type Failure struct {
	Revision int64  `json:"revision"`
	Why      string `json:"why"`
}

// A World is what an instance knows besides the State.
type World struct {
	Document   int64 // its revision; 0 if there is none
	SameAsGood bool  // its text is that of the good one
	Reports    map[string]Report
	Open       time.Duration // for how long this instance has seen the State as it is
	Passing    time.Duration // for how long it has seen that Passes
	Plan       Plan          // for a rollout that begins
}

// Next returns the state that should follow s, and whether it differs. If it does
// not, the answer may change by itself after the returned time; 0 means that it
// does not change.
func Next(s State, w World) (next State, changed bool, after time.Duration) {
	if s.Phase == "" {
		for _, r := range w.Reports {
			if r.Ready && w.Document != 0 && r.Revision == w.Document {
				return State{Schema: Schema, Phase: Steady, Good: w.Document}, true, 0
			}
		}
		return s, false, 0
	}
	if w.Document == 0 {
		if s.Phase == Rolling {
			return s.halt("the document was deleted"), true, 0
		}
		return s, false, 0
	}
	if w.Document != s.current() {
		return s.begin(w), true, 0
	}
	if s.Phase != Rolling {
		return s, false, 0
	}
	return s.proceed(w)
}

// current returns the revision that the state is about.
func (s State) current() int64 {
	if s.Phase == Steady {
		return s.Good
	}
	return s.Revision
}

func (s State) begin(w World) State {
	if w.SameAsGood {
		return State{Schema: Schema, Phase: Steady, Good: w.Document}
	}
	return State{Schema: Schema, Phase: Rolling, Good: s.Good, Revision: w.Document, Plan: w.Plan,
		Members: w.Plan.members(0, w.Document, nil, w.Reports)}
}

func (s State) halt(why string) State {
	s.Phase, s.Why = Halted, why
	return s
}

// proceed judges the stage that is open.
func (s State) proceed(w World) (State, bool, time.Duration) {
	for _, name := range slices.Sorted(maps.Keys(w.Reports)) {
		if f := w.Reports[name].Failed; f.Revision == s.Revision {
			return s.halt(name + ": " + f.Why), true, 0
		}
	}
	if len(s.Members) == 0 {
		if s.Members = s.Plan.members(s.Stage, s.Revision, nil, w.Reports); len(s.Members) > 0 {
			return s, true, 0
		}
		return s, false, 0
	}
	if missing := s.missing(w.Reports); missing != "" {
		if w.Open >= s.Plan.Timeout {
			return s.halt(fmt.Sprintf("%s within %v", missing, s.Plan.Timeout)), true, 0
		}
		return s, false, s.Plan.Timeout - w.Open
	}
	if w.Passing < s.Plan.Soak {
		return s, false, s.Plan.Soak - w.Passing
	}
	return s.advance(w), true, 0
}

// advance opens the next stage that has another member, or ends the rollout.
func (s State) advance(w World) State {
	for i := s.Stage + 1; i < len(s.Plan.Stages); i++ {
		members := s.Plan.members(i, s.Revision, s.Members, w.Reports)
		if len(members) > len(s.Members) {
			s.Stage, s.Members = i, members
			return s
		}
	}
	return State{Schema: Schema, Phase: Steady, Good: s.Revision}
}

// Passes reports whether every member is ready with the new document.
func (s State) Passes(reports map[string]Report) bool {
	return s.Phase == Rolling && len(s.Members) > 0 && s.missing(reports) == ""
}

// missing names the first member that is not ready with the document, and what it
// lacks.
func (s State) missing(reports map[string]Report) string {
	for _, name := range s.Members {
		switch r, known := reports[name]; {
		case !known:
			return name + " has vanished, and did not come back"
		case r.Revision != s.Revision:
			return name + " has not reported the result"
		case !r.Ready:
			return name + " has it and is not ready"
		}
	}
	return ""
}

// Target returns the revision that an instance should have. document is that in
// etcd, which counts as long as there is no agreed state.
func (s State) Target(name string, document int64) int64 {
	switch {
	case s.Phase == "":
		return document
	case s.Member(name):
		return s.Revision
	}
	return s.Good
}

// Leave returns the state without the member.
func (s State) Leave(name string) State {
	if s.Phase == Rolling {
		s.Members = slices.DeleteFunc(slices.Clone(s.Members), func(m string) bool { return m == name })
	}
	return s
}

// Continues reports whether exactly the members that had a document before have it
// now: then their time goes on.
func (s State) Continues(before State) bool {
	return s.Phase == before.Phase && s.Revision == before.Revision && s.Stage == before.Stage &&
		!slices.ContainsFunc(s.Members, func(m string) bool { return !slices.Contains(before.Members, m) })
}

// Check returns an error if a state that was read is invalid.
func (s State) Check() error {
	switch {
	case s.Schema != Schema:
		return fmt.Errorf("it has schema %d, and this program knows %d", s.Schema, Schema)
	case s.Phase != Steady && s.Phase != Rolling && s.Phase != Halted:
		return fmt.Errorf("it has the unknown phase %q", s.Phase)
	case s.Phase == Rolling && (s.Stage < 0 || s.Stage >= len(s.Plan.Stages)):
		return fmt.Errorf("it has stage %d of %d", s.Stage+1, len(s.Plan.Stages))
	}
	return nil
}

// Member reports whether an instance takes the new document.
func (s State) Member(name string) bool {
	return s.Phase == Rolling && slices.Contains(s.Members, name)
}
