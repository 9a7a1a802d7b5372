package leadertest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// What candidates say, and why.
const (
	Begin = "begin" // it leads
	Work  = "work"  // it has worked
	End   = "end"   // the context of the task has ended

	lasts = "lasts" // the term has ended, after the context of the task

	Lost     = "lost"     // the process does not lead any more
	Signal   = "signal"   // it is stopped
	Replaced = "replaced" // it is upgraded
	Nothing  = "-"        // the context has not ended
)

// patience is how long something that must happen may take on a slow machine.
const patience = 2 * time.Minute

// Said is a line of a candidate.
type Said struct {
	What  string
	PID   int
	Token int64
	At    int64 // nanoseconds of the wall clock, which all share
	Why   string
}

// Ballot holds candidates, and what they say in the order in which it arrives. Its
// methods fail the test if what should happen does not.
type Ballot struct {
	t     testing.TB
	lease time.Duration
	said  chan Said
}

// NewBallot returns a ballot without candidates, for leases of that length.
func NewBallot(t testing.TB, lease time.Duration) *Ballot {
	return &Ballot{t: t, lease: lease, said: make(chan Said, 100)}
}

// Process is a candidate.
type Process struct {
	PID int // not that of its successors

	t   testing.TB
	cmd *exec.Cmd
	in  io.Writer
}

// Start starts a candidate, with env beside the environment of the test. It, and
// what it was upgraded to, are killed at the end of the test.
func (b *Ballot) Start(how How, env ...string) *Process {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), howVariable+"="+string(how), leaseVariable+"="+b.lease.String(), "GORACE=atexit_sleep_ms=0"), env...)
	var log bytes.Buffer
	cmd.Stderr = &log
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		b.t.Fatal(err)
	}
	last := make(chan int, 1)
	go func() { last <- b.hear(out, cmd.Process.Pid) }()
	b.t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill() // those that a test has not ended
		out.Close()            // a successor may have it, too
		if successor := <-last; successor != cmd.Process.Pid {
			kill(successor)
		}
		_ = cmd.Wait() // some have been waited for
		if b.t.Failed() {
			b.t.Logf("candidate %d:\n%s", cmd.Process.Pid, log.String())
		}
	})
	return &Process{cmd.Process.Pid, b.t, cmd, in}
}

// hear passes on what a candidate and its successors say, and returns the last of
// them.
func (b *Ballot) hear(out io.Reader, pid int) int {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var s Said
		if n, err := fmt.Sscan(lines.Text(), &s.What, &s.PID, &s.Token, &s.At, &s.Why); n != 5 {
			s = Said{What: lines.Text(), Why: err.Error()}
		} else {
			pid = s.PID
		}
		b.said <- s
	}
	return pid
}

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill() // it may have ended
	}
}

// Want waits for the next line of any candidate, which must be that.
func (b *Ballot) Want(what, why string) Said {
	b.t.Helper()
	select {
	case got := <-b.said:
		if got.What != what || got.Why != why {
			b.t.Fatalf("got %+v, want %q (%s)", got, what, why)
		}
		return got
	case <-time.After(patience):
		b.t.Fatalf("nothing was said, want %q (%s)", what, why)
	}
	return Said{}
}

// WantFrom is Want for a line of that candidate.
func (b *Ballot) WantFrom(p *Process, what, why string) Said {
	b.t.Helper()
	got := b.Want(what, why)
	if got.PID != p.PID {
		b.t.Fatalf("got %+v, want it of process %d", got, p.PID)
	}
	return got
}

// Upgrade upgrades the candidate that leads, and returns what it says at its end.
// An upgrade is refused while a predecessor still runs, so it is requested again.
func (b *Ballot) Upgrade(pid int) Said {
	b.t.Helper()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for range int(patience / time.Second) {
		b.Signal(pid, upgradeSignal)
		select {
		case s := <-b.said:
			if s.What != End || s.Why != Replaced {
				b.t.Fatalf("got %+v, want the end of one that is replaced", s)
			}
			return s
		case <-again.C:
		}
	}
	b.t.Fatalf("the upgrade was refused for %v", patience)
	return Said{}
}

// Signal sends a signal to a process, such as a successor.
func (b *Ballot) Signal(pid int, s os.Signal) {
	b.t.Helper()
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Signal(s)
	}
	if err != nil {
		b.t.Fatalf("send %v to process %d: %v", s, pid, err)
	}
}

// Signal sends a signal to the candidate.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// AwaitExit waits for the end of the process, not for that of its successors.
func (p *Process) AwaitExit() {
	p.t.Helper()
	if st, err := p.cmd.Process.Wait(); err != nil || !st.Success() {
		p.t.Errorf("the exit of %d: %v, %v", p.PID, st, err)
	}
}

// Work makes a candidate that obeys work.
func (p *Process) Work() {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, Work); err != nil {
		p.t.Fatal(err)
	}
}
