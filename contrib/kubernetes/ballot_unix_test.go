//go:build unix

package kubernetes_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// said is a line of a candidate.
type said struct {
	what  string
	pid   int
	token int64
	at    int64 // nanoseconds of the wall clock, which all share
	why   string
}

// ballot is candidates, and what they say in the order in which it comes.
type ballot struct {
	t     *testing.T
	lease string
	said  chan said
}

func newBallot(t *testing.T, lease string) *ballot {
	return &ballot{t: t, lease: lease, said: make(chan said, 100)}
}

type candidate struct {
	*exec.Cmd
	in interface{ Write([]byte) (int, error) }
}

// start starts a candidate that does what how says.
func (f *ballot) start(how, name, server string) *candidate {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "TEST_CANDIDATE="+how, "TEST_LEASE="+f.lease, "TEST_SERVER="+server, "TEST_NAME="+name,
		"TODO_HTTP_ADDR=off", "TODO_ADMIN_ADDR=off", "GORACE=atexit_sleep_ms=0")
	var log bytes.Buffer
	cmd.Stderr = &log
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		f.t.Fatal(err)
	}
	successor := 0
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var s said
			if n, err := fmt.Sscan(lines.Text(), &s.what, &s.pid, &s.token, &s.at, &s.why); n != 5 {
				s = said{what: lines.Text(), why: err.Error()}
			}
			if s.pid != cmd.Process.Pid {
				successor = s.pid
			}
			f.said <- s
		}
	}()
	f.t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill() // those that a test has not ended
		out.Close()            // a successor may have it, too
		<-heard
		if successor != 0 {
			_ = syscall.Kill(successor, syscall.SIGKILL)
		}
		_ = cmd.Wait() // some have been waited for
		if f.t.Failed() {
			f.t.Logf("candidate %d:\n%s", cmd.Process.Pid, log.String())
		}
	})
	return &candidate{cmd, in}
}

// want waits for the next line.
func (f *ballot) want(what, why string) said {
	f.t.Helper()
	select {
	case got := <-f.said:
		if got.what != what || got.why != why {
			f.t.Fatalf("got %+v, want %q (%s)", got, what, why)
		}
		return got
	case <-time.After(2 * time.Minute):
		f.t.Fatalf("nothing was said, want %q (%s)", what, why)
	}
	return said{}
}

func (f *ballot) wantFrom(c *candidate, what, why string) said {
	f.t.Helper()
	got := f.want(what, why)
	if got.pid != c.Process.Pid {
		f.t.Fatalf("got %+v, want it of process %d", got, c.Process.Pid)
	}
	return got
}
