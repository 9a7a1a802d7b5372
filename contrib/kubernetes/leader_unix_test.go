//go:build unix

package kubernetes_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// patient is a lease that does not run out while a test runs.
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

func TestAStopResignsWhenTheTaskHasReturned(t *testing.T) {
	s, f := newAPIServer(t), newBallot(t, "15s")
	a := f.start("report", "a", s.URL)
	first := f.wantFrom(a, "begin", "-")
	b := f.start("report", "b", s.URL)
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
	if got, want := s.seen(), `"", transitions 1`; got != want {
		t.Errorf("the Lease is held by %s, want %s", got, want)
	}
}

func TestAKilledLeaderIsReplacedWhenItsLeaseHasRunOut(t *testing.T) {
	s, f := newAPIServer(t), newBallot(t, "3s")
	a := f.start("report", "a", s.URL)
	f.wantFrom(a, "begin", "-")
	b := f.start("report", "b", s.URL)
	a.signal(t, syscall.SIGKILL)
	f.wantFrom(b, "begin", "-")
}

// The leader is asked to work while it does not run.
func TestALeaderThatWasPausedSeesAtOnceThatItDoesNotLead(t *testing.T) {
	s, f := newAPIServer(t), newBallot(t, "3s")
	a := f.start("obey", "a", s.URL)
	first := f.wantFrom(a, "begin", "-")
	a.work(t)
	f.wantFrom(a, "work", "-")
	b := f.start("obey", "b", s.URL)
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
		first, a, b = second, b, a
	}
}

func TestALeaderThatIsCutOffEndsBeforeAnotherBegins(t *testing.T) {
	s, f := newAPIServer(t), newBallot(t, "3s")
	a := f.start("report", "a", s.URL)
	f.wantFrom(a, "begin", "-")
	b := f.start("report", "b", s.URL)
	s.isolate("a")
	end := f.wantFrom(a, "end", "lost")
	if begin := f.wantFrom(b, "begin", "-"); begin.at <= end.at || begin.token <= end.token {
		t.Errorf("%+v began before %+v", begin, end)
	}
	a.signal(t, syscall.SIGTERM) // a candidate without a server stops, too
	a.awaitExit(t)
}

// The other one waits all the time, and would lead if there were an election.
func TestAnUpgradeKeepsTheLeaderWithoutAnElection(t *testing.T) {
	s, f := newAPIServer(t), newBallot(t, patient)
	a := f.start("report", "a", s.URL)
	last := f.wantFrom(a, "begin", "-")
	b := f.start("report", "b", s.URL)
	for range 3 {
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
	if err := syscall.Kill(last.pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	f.want("end", "signal")
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
