//go:build unix

package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// isReplaceable reports whether standard error is open and neither a terminal nor
// another device.
func isReplaceable() bool {
	var st unix.Stat_t
	return unix.Fstat(lastStandardFD, &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFCHR
}

// isStderrPipe reports whether standard error is the pipe whose reading end is r.
func isStderrPipe(r int) bool {
	var a, b unix.Stat_t
	return unix.Fstat(r, &a) == nil && unix.Fstat(lastStandardFD, &b) == nil &&
		a.Mode&unix.S_IFMT == unix.S_IFIFO && a.Dev == b.Dev && a.Ino == b.Ino
}

// replaceStderr makes standard error what real is.
func replaceStderr(real int) {
	for {
		err := unix.Dup2(real, lastStandardFD)
		if err != unix.EINTR && err != unix.EBUSY {
			return
		}
	}
}

// readRest returns what is in a pipe.
func readRest(r int) []byte {
	if err := syscall.SetNonblock(r, true); err != nil {
		return nil
	}
	b := make([]byte, 64<<10)
	n, err := unix.Read(r, b)
	if err != nil || n <= 0 {
		return nil
	}
	return b[:n]
}

func closeFD(fd int) { _ = syscall.Close(fd) }

// stderrPipe returns a pipe: our reading end, a copy of it for the new process, and
// the writing end.
func stderrPipe() (r *os.File, theirs, w int, err error) {
	var fds [2]int
	syscall.ForkLock.RLock()
	if err = unix.Pipe(fds[:]); err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, -1, -1, err
	}
	theirs, err = unix.FcntlInt(uintptr(fds[0]), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		closeFD(fds[0])
		closeFD(fds[1])
		return nil, -1, -1, err
	}
	_ = syscall.SetNonblock(fds[0], true)
	return os.NewFile(uintptr(fds[0]), "standard error of the new process"), theirs, fds[1], nil
}
