//go:build unix

package signalname

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func of(s os.Signal) string {
	if n, ok := s.(syscall.Signal); ok {
		if name := unix.SignalName(n); name != "" {
			return name
		}
	}
	return s.String()
}
