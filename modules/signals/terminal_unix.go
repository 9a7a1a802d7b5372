//go:build unix

package signals

import "syscall"

// hasTerminal opens /dev/tty, which fails with ENXIO for a process without a
// controlling terminal, see tty(4). It does not block.
func hasTerminal() bool {
	fd, err := syscall.Open("/dev/tty", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err == nil {
		_ = syscall.Close(fd)
	}
	return err != syscall.ENXIO && err != syscall.ENOENT && err != syscall.ENODEV && err != syscall.EIO
}
