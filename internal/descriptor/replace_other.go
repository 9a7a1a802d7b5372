//go:build unix && !linux

package descriptor

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// replace makes the descriptor of f another one of what fd is.
func replace(f *os.File, fd int) error {
	syscall.ForkLock.RLock() // no child may get it before it is close-on-exec
	defer syscall.ForkLock.RUnlock()
	if err := unix.Dup2(fd, int(f.Fd())); err != nil {
		return os.NewSyscallError("dup2", err)
	}
	unix.CloseOnExec(int(f.Fd()))
	return nil
}
