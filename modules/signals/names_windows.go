package signals

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

// Windows has Ctrl-C and Ctrl-Break as os.Interrupt; closing the console,
// logging off and shutting down as SIGTERM; and nothing else.
func defaults() Table {
	return Table{
		{Signal: os.Interrupt, Action: Stop},
		{Signal: syscall.SIGTERM, Action: Stop},
	}
}

const (
	hangup     = syscall.SIGHUP
	brokenPipe = syscall.SIGPIPE // never raised here
)

func known() []os.Signal {
	return []os.Signal{syscall.SIGHUP, os.Interrupt, syscall.SIGTERM, os.Kill}
}

func elsewhere(name string) bool {
	for _, n := range strings.Fields("ABRT ALRM CHLD CONT IO PIPE QUIT TSTP TTIN TTOU USR1 USR2 WINCH") {
		if name == "SIG"+n {
			return true
		}
	}
	return false
}

func untouchable(sig os.Signal) error {
	switch sig {
	case os.Kill:
		return errors.New("cannot be caught by any process: remove it from the table")
	case syscall.SIGHUP:
		return unsupported{}
	}
	return nil
}

func lastResort(os.Signal) string { return "" }

// unsupported is an error whose text follows the name of a signal.
type unsupported struct{}

func (unsupported) Error() string { return "never arrives on Windows: remove it from the table there" }
func (unsupported) Unwrap() error { return errors.ErrUnsupported }

func numberOf(sig os.Signal) int {
	n, _ := sig.(syscall.Signal)
	return int(n)
}

func local() []os.Signal { return nil }
