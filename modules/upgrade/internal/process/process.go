package process

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Supported reports whether this system can pass sockets to a new process.
func Supported() bool { return supported }

// Process is a new process, seen from the one that has started it. Its methods may
// be called by several goroutines at once.
type Process struct {
	PID int

	proc      *os.Process
	parentage *parentage
	began     time.Time
	stderr    *stderr // nil: it was not replaced
	exited    chan struct{}
	state     *os.ProcessState // read after exited
	took      time.Duration    // read after exited
}

// Start starts p as a successor. It inherits the standard files and theirs, which
// stays the caller's, and nothing else. The process is waited for, so that it does
// not become a zombie; one that outlives this process is init's to wait for.
//
// With watch set, and if standard error is no terminal, the new process writes
// there through this one until it calls RestoreStderr, as its release must know.
func Start(o *Initial, p Program, theirs int, watch bool) (*Process, error) {
	if o.Err != nil {
		return nil, fmt.Errorf("the directory in which the process was started is not known: %w", o.Err)
	}
	if _, err := os.Stat(o.Dir); err != nil {
		return nil, fmt.Errorf("the directory in which the process was started is gone, "+
			"and a new one would start in it: %w", err)
	}
	started := &Process{parentage: newParentage(), began: time.Now(), exited: make(chan struct{})}
	more := []int{theirs}
	real := lastStandardFD
	var marks []string
	if watch && isReplaceable() {
		if r, copied, w, err := stderrPipe(); err == nil { // else it is not watched
			defer closeFD(copied)
			defer closeFD(w)
			started.stderr = readStderr(r, os.Stderr)
			more, real, marks = append(more, real, copied), w, append(marks, stderrEnv+"=1")
		}
	}
	var err error
	started.proc, err = start(p.Path, o.Argv, environment(marks...), o.Dir, real, more, started.parentage)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Path, err)
	}
	started.PID = started.proc.Pid
	go started.wait()
	return started, nil
}

func (p *Process) wait() {
	if state, err := p.parentage.wait(p.proc); err == nil {
		p.state = state
	}
	p.took = time.Since(p.began)
	close(p.exited)
}

// Watched reports whether the new process writes to standard error through this one
// until it restores that.
func (p *Process) Watched() bool { return p.stderr != nil }

// LastLines returns the end of what the process has written to standard error
// before it has restored that, at most 20 lines; nothing if it is not watched. It
// may block for a second.
func (p *Process) LastLines() []string {
	if p.stderr == nil {
		return nil
	}
	return p.stderr.lines()
}

// Took returns how long the process has lived. It may be called once Exited is
// closed.
func (p *Process) Took() time.Duration { return p.took }

// Exited is closed when the process has ended and was waited for.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// HasExited reports whether Exited is closed.
func (p *Process) HasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// End describes how the process has ended. It may be called once Exited is closed.
func (p *Process) End() error {
	if p.state == nil {
		return errors.New("it ended: its log, or that of the service manager, says how")
	}
	return fmt.Errorf("it ended: %v", p.state)
}

// Kill ends the process and its group at once. It does not wait.
func (p *Process) Kill() {
	if !p.HasExited() { // else the number may be another's by now
		kill(p.proc)
	}
}

// AskToEnd sends SIGTERM to the process and its group. It does not wait.
func (p *Process) AskToEnd() {
	if !p.HasExited() { // as above
		askToEnd(p.proc)
	}
}
