//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const supported = true

// start starts a program in a new process group, so that what a terminal
// sends to one generation does not reach the other.
func start(path string, argv, env []string, dir string, more []int, parent *parentage) (*os.Process, error) {
	files := make([]uintptr, 0, successorFD+len(more))
	for fd := range uintptr(successorFD) {
		if _, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil {
			fd = ^uintptr(0) // closed here, so closed there
		}
		files = append(files, fd)
	}
	for _, fd := range more {
		files = append(files, uintptr(fd))
	}
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Dir: dir, Env: env, Files: files, Sys: parent.attributes(),
	})
	switch {
	case errors.Is(err, syscall.ETXTBSY):
		return nil, fmt.Errorf("the file is being written to; "+
			"write the new program beside it and rename it into place: %w", err)
	case errors.Is(err, syscall.ENOEXEC):
		return nil, fmt.Errorf("not a program for this machine: %w", err)
	case errors.Is(err, syscall.ENOENT): // the file itself is there, or was a moment ago
		return nil, fmt.Errorf("the interpreter that its first line names is missing, "+
			"or the loader of the program: %w", err)
	case err != nil:
		return nil, err
	}
	return os.FindProcess(pid) // a child keeps its number until it was waited for
}

// askToEnd and kill signal the group, in case the program is a script that started
// the real one. The number is not read from proc, which clears it: -1 would mean
// every process.
func askToEnd(pid int, _ *os.Process) { _ = syscall.Kill(-pid, syscall.SIGTERM) }
func kill(pid int, _ *os.Process)     { _ = syscall.Kill(-pid, syscall.SIGKILL) }
