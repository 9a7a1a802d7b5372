//go:build unix

package graceful_test

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func sendSignal(p *os.Process, name string) error {
	sig := unix.SignalNum(name)
	if sig == 0 {
		return fmt.Errorf("unknown signal %s", name)
	}
	return p.Signal(sig)
}
