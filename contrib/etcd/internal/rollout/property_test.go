package rollout

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// simulation is a fleet whose instances see etcd late, act in any order, lose their
// lease, die, leave and come back, while documents are written.
type simulation struct {
	t    *testing.T
	rand *rand.Rand
	now  time.Duration
	plan Plan

	// The content of etcd. revision counts every change.
	revision, stateAt int64
	document          int64
	state             State
	reports           map[string]Report

	spoiled   map[int64]string // a document, and the instance that cannot take it
	instances []*instance

	good    map[int64]bool            // documents that were good at some time
	members map[int64]map[string]bool // by document, those that were members at some time
	halted  map[int64]bool
}

type instance struct {
	name             string
	alive, leased    bool
	inForce          int64
	failed           Failure
	view             view
	since            State // that open counts from
	open, passing    time.Duration
	passes, hasAView bool
}

type view struct {
	revision, stateAt, document int64
	state                       State
	reports                     map[string]Report
}

func (s *simulation) changed() int64 { s.revision++; return s.revision }

func (s *simulation) put(spoiledFor string) {
	s.document = s.changed()
	s.spoiled[s.document] = spoiledFor
}

// look reads the content of etcd.
func (s *simulation) look(x *instance) {
	x.view = view{s.revision, s.stateAt, s.document, s.state, maps.Clone(s.reports)}
	if !s.state.Continues(x.since) || !x.hasAView {
		x.open, x.passes, x.hasAView = s.now, false, true
	}
	x.since = s.state
	if passes := s.state.Passes(s.reports); passes && !x.passes {
		x.passing = s.now
		x.passes = true
	} else if !passes {
		x.passes = false
	}
}

// decide makes an instance decide by what it has seen, perhaps long ago.
func (s *simulation) decide(x *instance) {
	v := x.view
	w := World{Document: v.document, Reports: v.reports, Open: s.now - x.open, Plan: s.plan}
	if x.passes {
		w.Passing = s.now - x.passing
	}
	next, changed, _ := Next(v.state, w)
	switch {
	case !changed, v.stateAt != s.stateAt, v.document != s.document:
		return
	case next.Phase != Halted && v.revision != s.revision:
		return // a step forward requires that nothing has changed
	}
	s.write(next)
}

func (s *simulation) write(next State) {
	before := s.state
	s.state, s.stateAt = next, s.changed()
	switch next.Phase {
	case Rolling:
		if s.halted[next.Revision] {
			s.t.Fatalf("document %d goes on after it was halted", next.Revision)
		}
		if s.members[next.Revision] == nil {
			s.members[next.Revision] = map[string]bool{}
		}
		for _, m := range next.Members {
			s.members[next.Revision][m] = true
		}
		if next.Stage > before.Stage && before.Revision == next.Revision {
			s.wantAll(before, "a stage was opened")
		}
	case Halted:
		s.halted[next.Revision] = true
	case Steady:
		s.good[next.Good] = true
		if before.Phase == Rolling {
			s.wantAll(before, "a document became good")
		}
	}
}

// wantAll checks what a step forward requires.
func (s *simulation) wantAll(before State, what string) {
	s.t.Helper()
	for _, m := range before.Members {
		if r, ok := s.reports[m]; ok && (r.Revision != before.Revision || !r.Ready) { // it may have gone just now
			s.t.Fatalf("%s although %s reports %+v", what, m, r)
		}
	}
	for name, r := range s.reports {
		if r.Failed.Revision == before.Revision {
			s.t.Fatalf("%s although %s has failed", what, name)
		}
	}
}

func (s *simulation) apply(x *instance) {
	target := x.view.state.Target(x.name, x.view.document)
	if !x.hasAView || target == 0 || target == x.inForce || x.failed.Revision == target {
		return
	}
	x.failed = Failure{}
	if s.spoiled[target] == x.name {
		switch s.rand.IntN(3) {
		case 0: // it kills the instance
			x.alive = false
			s.expire(x)
			return
		case 1: // it is rejected
			x.failed = Failure{target, "rejected"}
			return
		}
		x.failed = Failure{target, "turned red"}
	}
	x.inForce = target
	if !s.good[target] && !s.members[target][x.name] && s.state.Phase != "" && target != s.state.Good {
		s.t.Fatalf("%s has taken document %d and was never a member", x.name, target)
	}
}

func (s *simulation) report(x *instance) {
	r := Report{Name: x.name, Ready: true, Revision: x.inForce, Failed: x.failed}
	if old, ok := s.reports[x.name]; x.leased && (!ok || old != r) {
		s.reports[x.name] = r
		s.changed()
	}
}

func (s *simulation) expire(x *instance) {
	x.leased = false
	delete(s.reports, x.name) // etcd does not compare with what is gone
}

// start begins a process; an instance that was killed comes back with the document
// that the fleet wants it to have.
func (s *simulation) start(x *instance) {
	document := s.state.Target(x.name, s.document)
	if s.spoiled[document] == x.name {
		document = s.state.Good // its start has fallen back
	}
	*x = instance{name: x.name, alive: true, leased: true, inForce: document}
	if document != s.state.Target(x.name, s.document) {
		x.failed = Failure{s.state.Target(x.name, s.document), "rejected at the start"}
	}
}

func (s *simulation) leave(x *instance) {
	s.expire(x)
	s.state, s.stateAt = s.state.Leave(x.name), s.changed()
	x.alive = false
}

func (s *simulation) step() {
	x := s.instances[s.rand.IntN(len(s.instances))]
	if !x.alive {
		if s.rand.IntN(10) == 0 {
			s.start(x)
		}
		return
	}
	switch n := s.rand.IntN(400); {
	case n < 100:
		s.look(x)
	case n < 190:
		s.decide(x)
	case n < 280:
		s.apply(x)
	case n < 360:
		s.report(x)
	case n < 380:
		s.now += time.Duration(s.rand.IntN(4)) * time.Second
	case n < 385:
		s.expire(x)
	case n < 394:
		x.leased = true
	case n < 396:
		x.alive = false
		s.expire(x)
	case n < 398:
		s.leave(x)
	case n < 399:
		x.hasAView = false // the connection to etcd was lost
	default:
		spoiled := ""
		if s.rand.IntN(2) == 0 {
			spoiled = s.instances[s.rand.IntN(len(s.instances))].name
		}
		s.put(spoiled)
	}
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	s := &simulation{t: t, rand: rand.New(rand.NewPCG(seed, 26)), plan: plan(t, "1, 30%"),
		reports: map[string]Report{}, spoiled: map[int64]string{}, good: map[int64]bool{}, halted: map[int64]bool{}, members: map[int64]map[string]bool{}}
	s.put("")
	for i := range 1 + s.rand.IntN(8) {
		x := &instance{name: fmt.Sprintf("i%d", i)}
		s.start(x)
		s.instances = append(s.instances, x)
	}
	return s
}

// In any order of events: a stage opens only over members that are ready, a
// document that has failed stays away, and no instance but a member takes what is
// not good. When the faults end, the fleet comes to rest, with one document.
func TestAnyOrderOfEvents(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		s := newSimulation(t, seed)
		for range s.rand.IntN(3000) {
			s.step()
		}
		for _, x := range s.instances { // all faults have ended; some instances are gone for good
			x.leased = x.alive
			x.hasAView = false
		}
		for range 400 {
			if !slices.ContainsFunc(s.instances, func(x *instance) bool { return x.alive }) {
				s.start(s.instances[0]) // its supervisor does
			}
			for _, x := range s.instances {
				if x.alive {
					s.look(x)
					s.decide(x)
					s.look(x)
					s.apply(x)
					s.report(x)
				}
			}
			s.now += time.Second
		}
		if s.state.Phase != Steady && s.state.Phase != Halted {
			t.Fatalf("seed %d: after 400 seconds without a fault: %s", seed, text(s.state))
		}
		for _, x := range s.instances {
			if x.alive && x.inForce != s.state.Good && x.failed.Revision != s.state.Good {
				t.Fatalf("seed %d: %s has %d, and not %d", seed, x.name, x.inForce, s.state.Good)
			}
		}
	}
}
