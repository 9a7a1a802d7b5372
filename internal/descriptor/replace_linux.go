package descriptor

import (
	"os"

	"golang.org/x/sys/unix"
)

// replace makes the descriptor of f another one of what fd is.
func replace(f *os.File, fd int) error {
	return os.NewSyscallError("dup3", unix.Dup3(fd, int(f.Fd()), unix.O_CLOEXEC))
}
