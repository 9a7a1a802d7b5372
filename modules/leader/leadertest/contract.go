package leadertest

import (
	"os"
	"testing"
	"time"
)

// Store is where the candidates of one test elect one of them.
type Store interface {
	// Env is what a candidate of that name needs to reach the store. Its
	// successors have the same.
	Env(name string) []string
	// CutOff ends the connections of the candidate of that name. Later ones are
	// refused, or, if hang is true, get no answer.
	CutOff(name string, hang bool)
	// AwaitCandidates waits until the store knows n candidates, the leader
	// among them.
	AwaitCandidates(n int)
	// Holder names the leader by something that an election changes and an upgrade
	// does not; it is empty if no candidate leads.
	Holder() string
}

// Contract is the elector that is tested.
type Contract struct {
	NewStore func(t *testing.T) Store
	Shortest time.Duration // the shortest lease that the elector takes
}

// Run runs the tests, one after another: each takes a few leases of the shortest
// kind.
func Run(t *testing.T, c Contract) {
	if !hasSignals {
		t.Skip("candidates are stopped, paused and upgraded by signals, and there are none here")
	}
	for _, promise := range []struct {
		name string
		test func(t *testing.T, c Contract)
	}{
		{"a stop resigns", stop},
		{"a leader that is killed is followed when its lease has run out", killed},
		{"a leader that was paused sees at once that it does not lead", paused},
		{"a leader whose connections hang ends before another begins", func(t *testing.T, c Contract) { cutOff(t, c, true) }},
		{"a leader whose connections are refused ends before another begins", func(t *testing.T, c Contract) { cutOff(t, c, false) }},
		{"a leader that is cut off in the middle of a stop ends before another begins", lostInAStop},
		{"an upgrade keeps the leader without an election", upgraded},
	} {
		t.Run(promise.name, func(t *testing.T) { promise.test(t, c) })
	}
}

// two starts a candidate that leads, and another that waits.
func two(t *testing.T, c Contract, how How, lease time.Duration) (s Store, b *Ballot, leads, waits *Process, first Said) {
	t.Helper()
	s, b = c.NewStore(t), NewBallot(t, lease)
	leads = b.Start(how, s.Env("a")...)
	first = b.WantFrom(leads, Begin, Nothing)
	waits = b.Start(how, s.Env("b")...)
	s.AwaitCandidates(2)
	return s, b, leads, waits, first
}

// wantAfter checks that a term has begun after another has ended.
func wantAfter(t *testing.T, begin, end Said) {
	t.Helper()
	if begin.At <= end.At || begin.Token <= end.Token {
		t.Errorf("%+v began before %+v", begin, end)
	}
}

func stop(t *testing.T, c Contract) {
	s, b, leads, waits, _ := two(t, c, Wait, 5*c.Shortest)
	before := s.Holder()
	leads.Signal(stopSignal)
	end := b.WantFrom(leads, End, Signal)
	leads.AwaitExit()
	if now := s.Holder(); now == before {
		t.Errorf("%s leads, although its process has ended", now)
	}
	wantAfter(t, b.WantFrom(waits, Begin, Nothing), end)
	waits.Signal(stopSignal)
	b.WantFrom(waits, End, Signal)
	waits.AwaitExit()
	if now := s.Holder(); now != "" {
		t.Errorf("%s leads, although all have stopped", now)
	}
}

func killed(t *testing.T, c Contract) {
	_, b, leads, waits, first := two(t, c, Wait, c.Shortest)
	leads.Signal(os.Kill)
	wantAfter(t, b.WantFrom(waits, Begin, Nothing), first)
}

// The leader is asked to work while it does not run.
func paused(t *testing.T, c Contract) {
	s, b, leads, waits, first := two(t, c, Obey, c.Shortest)
	leads.Work()
	b.WantFrom(leads, Work, Nothing)
	for range 3 {
		leads.Signal(pauseSignal)
		second := b.WantFrom(waits, Begin, Nothing)
		if second.Token <= first.Token {
			t.Errorf("got token %d after %d", second.Token, first.Token)
		}
		leads.Work()
		leads.Signal(continueSignal)
		if end := b.WantFrom(leads, End, Lost); end.Token != first.Token {
			t.Errorf("got the end of token %d, want %d", end.Token, first.Token)
		}
		s.AwaitCandidates(2) // it is a candidate again
		first, leads, waits = second, waits, leads
	}
}

func cutOff(t *testing.T, c Contract, hang bool) {
	s, b, leads, waits, _ := two(t, c, Wait, c.Shortest)
	s.CutOff("a", hang)
	end := b.WantFrom(leads, End, Lost)
	wantAfter(t, b.WantFrom(waits, Begin, Nothing), end)
	leads.Signal(stopSignal) // a candidate without a store stops, too
	leads.AwaitExit()
}

// The task goes on in a stop, for as long as its process leads.
func lostInAStop(t *testing.T, c Contract) {
	s, b, leads, waits, _ := two(t, c, Linger, c.Shortest)
	leads.Signal(stopSignal)
	b.WantFrom(leads, End, Signal)
	s.CutOff("a", true)
	end := b.WantFrom(leads, lasts, Lost)
	wantAfter(t, b.WantFrom(waits, Begin, Nothing), end)
	leads.AwaitExit()
}

// The other one waits all the time, and would lead if there were an election: the
// lease is one that does not run out.
func upgraded(t *testing.T, c Contract) {
	s, b, leads, waits, last := two(t, c, Wait, 10*time.Minute)
	before := s.Holder()
	for range 3 {
		end := b.Upgrade(last.PID)
		next := b.Want(Begin, Nothing)
		if end.PID != last.PID || next.PID == last.PID || next.PID == waits.PID {
			t.Fatalf("%+v led, %+v ended, %+v began", last, end, next)
		}
		if next.Token <= last.Token || next.At < end.At {
			t.Errorf("%+v began after %+v", next, end)
		}
		last = next
	}
	if now := s.Holder(); now != before {
		t.Errorf("%s leads, before the upgrades it was %s", now, before)
	}
	leads.AwaitExit()
	b.Signal(last.PID, stopSignal)
	b.Want(End, Signal)
}
