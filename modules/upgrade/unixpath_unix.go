//go:build unix

package upgrade

import (
	"errors"
	"os"
	"syscall"
)

func isAddrInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
func isRefused(err error) bool   { return errors.Is(err, syscall.ECONNREFUSED) }

// lockDir locks dir until unlock is called, and blocks while another process
// has it, which is for the time of a bind. A directory that cannot be read
// cannot be locked; then two processes must not start at the same time.
func lockDir(dir string) (unlock func()) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX), syscall.EINTR) {
	}
	return func() { _ = f.Close() }
}
