package process

import (
	"errors"
	"fmt"
	"os"
)

// Supported reports whether this system can pass sockets to a new process.
func Supported() bool { return supported }

// Process is a new process, seen from the one that has started it. Its methods may
// be called by several goroutines at once.
type Process struct {
	PID int

	proc      *os.Process
	parentage *parentage
	exited    chan struct{}
	state     *os.ProcessState // read after exited
}

// Start starts p as a successor. The new process inherits the standard files and
// theirs, which still belongs to the caller, and nothing else. A goroutine waits
// for it, so that it does not become a zombie; init waits for one that outlives
// this process.
func Start(o *Initial, p Program, theirs int) (*Process, error) {
	if o.Err != nil {
		return nil, fmt.Errorf("the directory in which the process was started is not known: %w", o.Err)
	}
	if _, err := os.Stat(o.Dir); err != nil {
		return nil, fmt.Errorf("the directory in which the process was started is gone, "+
			"and a new one would start in it: %w", err)
	}
	parent := newParentage(o.Supervisor)
	files := []int{theirs}
	if o.Supervisor != nil {
		files = append(files, o.Supervisor.FD)
	}
	proc, err := start(p.Path, o.Argv, environment(o.Supervisor), o.Dir, files, parent)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Path, err)
	}
	started := &Process{PID: proc.Pid, proc: proc, parentage: parent, exited: make(chan struct{})}
	go started.wait()
	return started, nil
}

// StartFirst starts p as the first generation below this process, its supervisor,
// and returns its process id; the caller waits for it. The new process inherits the
// standard files and the pipe to the supervisor, and its environment lacks the
// variable named by without.
func StartFirst(o *Initial, p Program, pipe *os.File, without string) (pid int, err error) {
	if o.Err != nil {
		return 0, fmt.Errorf("the directory in which the process was started is not known: %w", o.Err)
	}
	env := append(withoutVariables(os.Environ(), without), supervisorMark(os.Getpid(), successorFD))
	proc, err := start(p.Path, o.Argv, env, o.Dir, []int{int(pipe.Fd())}, newParentage(nil))
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", p.Path, err)
	}
	pid = proc.Pid // Release clears it
	return pid, proc.Release()
}

func (p *Process) wait() {
	if state, err := p.parentage.wait(p.proc); err == nil {
		p.state = state
	}
	close(p.exited)
}

// Exited returns a channel that is closed when the process has ended and was waited
// for.
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
		return errors.New("it ended: its log, or that of its supervisor or service manager, says how")
	}
	return fmt.Errorf("it ended: %v", p.state)
}

// Kill ends the process and its group at once. It does not wait.
func (p *Process) Kill() {
	if !p.HasExited() { // else another process may have the number by now
		kill(p.PID, p.proc)
	}
}

// AskToEnd sends SIGTERM to the process and its group. It does not wait.
func (p *Process) AskToEnd() {
	if !p.HasExited() { // as above
		askToEnd(p.PID, p.proc)
	}
}
