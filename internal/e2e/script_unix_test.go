//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// heedHangup makes the programs that the tests start die of SIGHUP, unless they
// do something about it, also where the tests themselves run under nohup: a
// signal that is caught here is a child's default.
func heedHangup() { signal.Notify(make(chan os.Signal, 1), unix.SIGHUP) }

// ignoringHangup is the service as nohup would start it.
func ignoringHangup() {
	signal.Ignore(unix.SIGHUP)
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	panic(unix.Exec(filepath.Join(filepath.Dir(program), "service"), []string{"service"}, os.Environ()))
}

func sendSignal(p *os.Process, name string) error {
	sig := unix.SignalNum(name)
	if sig == 0 {
		return fmt.Errorf("unknown signal %s", name)
	}
	return p.Signal(sig)
}
