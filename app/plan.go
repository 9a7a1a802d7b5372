package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app/internal/order"
)

// plan is the state machine that the package comment draws, and the members of
// its phases. They have one mutex, because whether a member may still join
// depends on the state.
type plan struct {
	mu          sync.Mutex // guards everything below
	state       State
	reason      *Reason   // of the stop; nil while there is none
	also        []*Reason // reasons that came too late
	stopAt      time.Time // when the stop began
	members     []*member
	tasks       map[string]bool // names of those that run or will
	misuses     []error         // errors of wiring, returned by Start
	order       order.Order     // between servers
	upIndex     int             // index in upPhases of the phase that is starting; -1 before the start
	cancelStart context.CancelCauseFunc
}

func newPlan() plan { return plan{upIndex: -1, tasks: map[string]bool{}} }

// status returns the state and the reason of the stop, nil if there is none.
func (p *plan) status() (State, *Reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.reason
}

// enter changes the state. It returns the events to emit once p.mu is free.
// Called with p.mu held.
func (p *plan) enter(s State) []Event {
	if p.state == s {
		return nil
	}
	e := StateChanged{From: p.state, To: s}
	p.state = s
	return []Event{e}
}

// ends reports whether a stop has begun. Called with p.mu held.
func (p *plan) ends() bool { return p.reason != nil || p.state > StateReady }

// join makes m a member if it is not too late. Called with p.mu held.
func (p *plan) join(m *member) error {
	passed := p.state == StateReady || p.state == StateStarting && p.passed(m.StartIn)
	switch {
	case p.ends():
		return fmt.Errorf("hook %s (%s) was added when the stop had begun: it will not run", m.Name, m.source)
	case passed && m.OnStart != nil:
		return fmt.Errorf("hook %s (%s) was added when phase %v had passed: add it in a constructor or an earlier hook", m.Name, m.source, m.StartIn)
	case passed:
		m.begun, m.started = true, true
	}
	p.members = append(p.members, m)
	return nil
}

// leave removes members whose work has ended, unless a stop has begun, which runs
// them. Called with p.mu held.
func (p *plan) leave(gone ...*member) {
	if p.reason == nil {
		p.members = slices.DeleteFunc(p.members, func(m *member) bool { return slices.Contains(gone, m) })
	}
}

// nextUp returns the next member of phase up, or nil when the phase is over; from
// then on it is too late to join it.
func (p *plan) nextUp(up Phase) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.members {
		if m.StartIn == up && !m.begun {
			m.begun = true
			return m
		}
	}
	p.upIndex++
	return nil
}

// passed reports whether phase up of the start is over. Called with p.mu held.
func (p *plan) passed(up Phase) bool {
	return slices.Contains(upPhases[:min(max(p.upIndex, 0), len(upPhases))], up)
}

func (p *plan) markStarted(m *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.started = true
}

// takeDown returns the members to stop in phase down, the last added first, and
// marks them, so that none is stopped twice. Members that wait for others are left
// out.
func (p *plan) takeDown(down Phase, waits func(server string) bool) (members []*member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.members) {
		if m.started && !m.stopped && m.StopIn == down && m.OnStop != nil && !waits(m.Name) {
			m.stopped = true
			members = append(members, m)
		}
	}
	return members
}

// waits reports whether servers that call this one are drained before it. There are
// none when a successor has taken over: it answers their calls. Called with p.mu
// held.
func (p *plan) waits(server string) bool {
	return p.reason.Kind != Replaced && len(p.order.Callers(server)) > 0
}

// ordered returns the servers that are drained before this one, and how many wait
// for it, one after the other.
func (p *plan) ordered(server string) (callers []string, behind int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reason.Kind == Replaced {
		return nil, 0
	}
	return slices.Clone(p.order.Callers(server)), p.order.Behind(server)
}

// turns returns how many servers are drained one after the other, not counting the
// first. Called with p.mu held.
func (p *plan) turns() int {
	if p.reason != nil && p.reason.Kind == Replaced {
		return 0
	}
	return p.order.Turns()
}

// unordered returns an error for a name given to Calls that no member has.
func (p *plan) unordered() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var known []string
	for _, m := range p.members {
		known = append(known, m.Name)
	}
	for _, server := range p.order.Names() {
		if !slices.Contains(known, server) {
			return fmt.Errorf("app.Calls names the server %q, which is not there: there are %s", server, strings.Join(p.servers(), ", "))
		}
	}
	return nil
}

// servers returns the names of what is drained, in order. Called with p.mu held.
func (p *plan) servers() (names []string) {
	for _, m := range p.members {
		if m.StopIn == Drain && !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// stopSizes counts the functions that each phase of the stop will run: of the
// members that have started, or of all. Called with p.mu held.
func (p *plan) stopSizes(all bool) (n [Final + 1]int) {
	for _, m := range p.members {
		if m.OnStop != nil && (all || m.started) {
			n[m.StopIn]++
		}
	}
	return n
}

// misused returns the errors of wiring so far, joined.
func (p *plan) misused() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.misuses...)
}
