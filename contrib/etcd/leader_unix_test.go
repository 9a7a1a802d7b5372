//go:build unix

package etcd_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// patient is a lease that does not run out while a test runs: what happens
// meanwhile does not wait for it.
const patient = "10m"

func (c *candidate) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// awaitExit waits for the end of the process, not for that of its successors.
func (c *candidate) awaitExit(t *testing.T) {
	t.Helper()
	if st, err := c.Process.Wait(); err != nil || !st.Success() {
		t.Errorf("the exit of %d: %v, %v", c.Process.Pid, st, err)
	}
}

func (c *candidate) work(t *testing.T) {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, "work"); err != nil {
		t.Fatal(err)
	}
}

func TestAStopResignsAtOnce(t *testing.T) {
	s, f := newStore(t), newBallot(t, patient)
	a := f.start("report", s.line.addr)
	first := f.wantFrom(a, "begin", "-")
	b := f.start("report", s.line.addr)
	s.awaitCandidates(2)
	a.signal(t, syscall.SIGTERM)
	f.wantFrom(a, "end", "signal")
	second := f.wantFrom(b, "begin", "-")
	if second.token <= first.token {
		t.Errorf("got token %d after %d", second.token, first.token)
	}
	a.awaitExit(t)
	b.signal(t, syscall.SIGTERM)
	f.wantFrom(b, "end", "signal")
	b.awaitExit(t)
	s.awaitCandidates(0)
}

func TestAKilledLeaderIsReplacedWhenItsLeaseHasRunOut(t *testing.T) {
	s, f := newStore(t), newBallot(t, "2s")
	a := f.start("report", s.line.addr)
	f.wantFrom(a, "begin", "-")
	b := f.start("report", s.line.addr)
	s.awaitCandidates(2)
	a.signal(t, syscall.SIGKILL)
	f.wantFrom(b, "begin", "-")
}

// The leader is asked to work while it does not run.
func TestALeaderThatWasPausedSeesAtOnceThatItDoesNotLead(t *testing.T) {
	s, f := newStore(t), newBallot(t, "2s")
	a := f.start("obey", s.line.addr)
	first := f.wantFrom(a, "begin", "-")
	a.work(t)
	f.wantFrom(a, "work", "-")
	b := f.start("obey", s.line.addr)
	s.awaitCandidates(2)
	for range 3 {
		a.signal(t, syscall.SIGSTOP)
		second := f.wantFrom(b, "begin", "-")
		if second.token <= first.token {
			t.Errorf("got token %d after %d", second.token, first.token)
		}
		a.work(t)
		a.signal(t, syscall.SIGCONT)
		if end := f.wantFrom(a, "end", "lost"); end.token != first.token {
			t.Errorf("got the end of token %d, want %d", end.token, first.token)
		}
		s.awaitCandidates(2) // it is a candidate again
		first, a, b = second, b, a
	}
}

func TestALeaderThatIsCutOffEndsBeforeAnotherBegins(t *testing.T) {
	for _, hang := range []bool{true, false} {
		t.Run(map[bool]string{true: "no answer", false: "no connection"}[hang], func(t *testing.T) {
			s, f := newStore(t), newBallot(t, "2s")
			a := f.start("report", s.line.Addr().String())
			f.wantFrom(a, "begin", "-")
			b := f.start("report", s.line.addr)
			s.awaitCandidates(2)
			if !hang {
				s.line.Close()
			}
			s.line.cut(hang)
			end := f.wantFrom(a, "end", "lost")
			if begin := f.wantFrom(b, "begin", "-"); begin.at <= end.at || begin.token <= end.token {
				t.Errorf("%+v began before %+v", begin, end)
			}
			a.signal(t, syscall.SIGTERM) // a candidate without etcd stops, too
			a.awaitExit(t)
		})
	}
}

// upgrade upgrades a leader, and returns what it says at its end. It is refused
// while the predecessor's predecessor is on its way out.
func (f *ballot) upgrade(pid int) said {
	f.t.Helper()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for range 120 {
		if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
			f.t.Fatal(err)
		}
		select {
		case s := <-f.said:
			if s.what != "end" || s.why != "replaced" {
				f.t.Fatalf("got %+v, want the end of one that is replaced", s)
			}
			return s
		case <-again.C:
		}
	}
	f.t.Fatal("the upgrade was refused for two minutes")
	return said{}
}

// The other one waits all the time, and would lead if there were an election.
func TestAnUpgradeKeepsTheLeaderWithoutAnElection(t *testing.T) {
	s, f := newStore(t), newBallot(t, patient)
	a := f.start("report", s.line.addr)
	last := f.wantFrom(a, "begin", "-")
	b := f.start("report", s.line.addr)
	s.awaitCandidates(2)
	key := s.candidates()[0]
	for range 5 {
		end := f.upgrade(last.pid)
		next := f.want("begin", "-")
		if end.pid != last.pid || next.pid == last.pid || next.pid == b.Process.Pid {
			t.Fatalf("%+v led, %+v ended, %+v began", last, end, next)
		}
		if next.token <= last.token || next.at < end.at {
			t.Errorf("%+v began after %+v", next, end)
		}
		last = next
	}
	if now := s.candidates()[0]; string(now.Key) != string(key.Key) || now.CreateRevision != key.CreateRevision {
		t.Errorf("the key is %s of revision %d, was %s of %d", now.Key, now.CreateRevision, key.Key, key.CreateRevision)
	}
	if err := syscall.Kill(last.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	f.want("end", "signal")
	f.wantFrom(b, "begin", "-")
	s.awaitCandidates(1)
}

// Those who wait do so in the new process, and again the first one leads later.
func TestAnUpgradeOfOneThatWaits(t *testing.T) {
	s, f := newStore(t), newBallot(t, patient)
	a := f.start("report", s.line.addr)
	f.wantFrom(a, "begin", "-")
	b := f.start("report", s.line.addr)
	s.awaitCandidates(2)
	before := s.candidates()[1]
	b.signal(t, syscall.SIGUSR2)
	b.awaitExit(t) // the old process
	s.awaitCandidate(func(kv []string) bool { return len(kv) == 2 && kv[1] != string(before.Key) })
	a.signal(t, syscall.SIGTERM)
	f.wantFrom(a, "end", "signal")
	next := f.want("begin", "-")
	if next.pid == b.Process.Pid {
		t.Errorf("%+v is the old process", next)
	}
	if err := syscall.Kill(next.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	f.want("end", "signal")
}
