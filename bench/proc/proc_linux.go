package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Adopt makes this process the parent of orphans: a new generation stays ours
// when the one that started it exits.
func Adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphans: %w", err)
	}
	return nil
}

// Process is a program that this one has started.
type Process struct {
	PID    int
	exited chan struct{}
	at     time.Time
	state  *os.ProcessState
}

// Start runs a program with env added to the environment. Its output goes to log.
func Start(path string, args, env []string, log *os.File) (*Process, error) {
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	p := &Process{PID: cmd.Process.Pid, exited: make(chan struct{})}
	go func() {
		cmd.Wait()
		p.at, p.state = time.Now(), cmd.ProcessState
		close(p.exited)
	}()
	return p, nil
}

// ErrAlive says that a process did not exit in time.
var ErrAlive = errors.New("still alive")

// Wait waits for the exit and returns its moment and the exit code, 128+n for
// an end by signal n.
func (p *Process) Wait(patience time.Duration) (at time.Time, code int, err error) {
	select {
	case <-p.exited:
	case <-time.After(patience):
		return time.Time{}, 0, fmt.Errorf("process %d: %w after %v", p.PID, ErrAlive, patience)
	}
	if s, ok := p.state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return p.at, 128 + int(s.Signal()), nil
	}
	return p.at, p.state.ExitCode(), nil
}

// Gone waits until the process is no more, child or not, and returns when that was.
func Gone(pid int, patience time.Duration) (time.Time, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return time.Now(), nil
	} else if err != nil {
		return time.Time{}, fmt.Errorf("watch process %d: %w", pid, err)
	}
	defer unix.Close(fd)
	end := time.Now().Add(patience)
	for {
		left := time.Until(end)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, max(0, int(left.Milliseconds())))
		switch {
		case n > 0:
			return time.Now(), nil
		case left <= 0:
			return time.Time{}, fmt.Errorf("process %d: %w after %v", pid, ErrAlive, patience)
		case err != nil && !errors.Is(err, unix.EINTR):
			return time.Time{}, fmt.Errorf("watch process %d: %w", pid, err)
		}
	}
}

// Reap takes note of the exit of an adopted child. It must not be one from
// Start: those are waited for already.
func Reap(pid int) { unix.Wait4(pid, nil, unix.WNOHANG, nil) }

// Signal sends a signal to one process.
func Signal(pid int, s unix.Signal) error { return unix.Kill(pid, s) }

// Children returns the living children of a process, with theirs.
func Children(pid int) []int {
	var all []int
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, t := range threads {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, t.Name()))
		for _, f := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(f); err == nil {
				all = append(append(all, child), Children(child)...)
			}
		}
	}
	return all
}

// RSS is the memory a process has in use, in bytes; 0 if it cannot be read.
func RSS(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize()
}
