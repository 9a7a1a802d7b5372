//go:build unix

package signals

import (
	"errors"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

func defaults() Table {
	return Table{
		{Signal: syscall.SIGHUP, Action: Reload},
		{Signal: syscall.SIGINT, Action: Stop},
		{Signal: syscall.SIGPIPE, Action: Ignore},
		{Signal: syscall.SIGTERM, Action: Stop},
		{Signal: syscall.SIGUSR2, Action: Upgrade},
	}
}

const (
	hangup     = syscall.SIGHUP // nohup(1) makes a process ignore it
	brokenPipe = syscall.SIGPIPE
)

func known() (sigs []os.Signal) {
	for n := syscall.Signal(1); n < 65; n++ {
		if unix.SignalName(n) != "" {
			sigs = append(sigs, n)
		}
	}
	return sigs
}

// elsewhere reports whether other systems have a signal of that name.
func elsewhere(name string) bool {
	return slices.Contains([]string{"SIGINFO", "SIGEMT", "SIGPWR", "SIGSTKFLT"}, name)
}

func untouchable(sig os.Signal) error {
	switch sig {
	case syscall.SIGKILL, syscall.SIGSTOP:
		return errors.New("cannot be caught by any process: remove it from the table")
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGURG, syscall.SIGPROF:
		return errors.New("belongs to the Go runtime: remove it from the table")
	}
	return nil
}

// lastResort returns the purpose of a signal that must work whatever the file says,
// or "".
func lastResort(sig os.Signal) string {
	switch sig {
	case syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGTRAP, syscall.SIGSYS:
		return "ends the process with the stacks of all goroutines, when nothing else does"
	case syscall.SIGPIPE:
		return "is how a write to a closed pipe fails"
	}
	return ""
}

// numberOf returns the n of the exit code 128+n.
func numberOf(sig os.Signal) int {
	n, _ := sig.(syscall.Signal)
	return int(n)
}

// local returns the signals that concern one process alone: those of its children,
// its terminal and its alarms.
func local() []os.Signal {
	return []os.Signal{syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH, syscall.SIGALRM, syscall.SIGVTALRM}
}
