//go:build unix

package upgrade

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const supported = true

// socketPair returns our end of a new line, and the descriptor of theirs.
func socketPair() (ours *net.UnixConn, theirs int, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, -1, fmt.Errorf("make a line to the new process: %w", err)
	}
	ours, err = connOf(fds[0])
	if err != nil {
		_ = syscall.Close(fds[1])
		return nil, -1, err
	}
	return ours, fds[1], nil
}

// connOf makes a line's end of fd, which it owns from now on.
func connOf(fd int) (*net.UnixConn, error) {
	f := os.NewFile(uintptr(fd), "line")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("use descriptor %d as a line: %w", fd, err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		_ = c.Close()
		return nil, fmt.Errorf("descriptor %d is no unix socket", fd)
	}
	return u, nil
}

// isLine tells whether fd can be what a predecessor has left us.
func isLine(fd int) bool {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_STREAM {
		return false
	}
	addr, err := unix.Getsockname(fd)
	_, local := addr.(*unix.SockaddrUnix)
	return err == nil && local
}

func closeOnExec(fd int) { syscall.CloseOnExec(fd) }

// startProcess starts a program in a process group of its own, so that what a
// terminal sends to one generation does not reach the other. It owns line.
func startProcess(path string, argv, env []string, dir string, line int, parent *lineage) (*os.Process, error) {
	defer syscall.Close(line)
	files := make([]uintptr, 0, lineFD+1)
	for fd := range uintptr(lineFD) {
		if _, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil {
			fd = ^uintptr(0) // closed here, closed there
		}
		files = append(files, fd)
	}
	files = append(files, uintptr(line))
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Dir: dir, Env: env, Files: files, Sys: parent.attributes(),
	})
	switch {
	case errors.Is(err, syscall.ETXTBSY):
		return nil, fmt.Errorf("the file is being written to; write the new program beside it and rename it into place: %w", err)
	case errors.Is(err, syscall.ENOEXEC):
		return nil, fmt.Errorf("not a program for this machine: %w", err)
	case errors.Is(err, syscall.ENOENT): // the file itself is there, or was a moment ago
		return nil, fmt.Errorf("the interpreter that its first line names is missing, or the loader of the program: %w", err)
	case err != nil:
		return nil, err
	}
	return os.FindProcess(pid) // of our child the number cannot be another's before it was waited for
}

// askToEnd and kill reach the group, in case the program is a script that
// started the real one.
func askToEnd(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }
func kill(p *os.Process)     { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// duplicate returns another descriptor of what c stands on. Unlike the File
// method of a socket it leaves the mode of the open file, which both
// processes share, alone.
func duplicate(c any) (fd int, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("%T stands on no descriptor: %w", c, errors.ErrUnsupported)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	if bad := raw.Control(func(have uintptr) {
		fd, err = unix.FcntlInt(have, unix.F_DUPFD_CLOEXEC, 0)
	}); bad != nil {
		return -1, bad
	}
	return fd, err
}

// isHangup tells whether err says that the other side has closed its end.
func isHangup(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}
