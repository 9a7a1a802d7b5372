package signals

// A terminal that is closed sends SIGHUP to the processes it controlled, and an
// operator sends SIGHUP for a reload. The controlling terminal tells them apart:
// after a hangup the process has none any more (tty_ioctl(4), setsid(2)).

// closedTerminal is the reason of the stop when the terminal is closed.
const closedTerminal = "the terminal was closed"

// terminal is the controlling terminal of the process.
type terminal struct {
	had bool // when the process began
}

func newTerminal() terminal { return terminal{hasTerminal()} }

// gone reports whether the terminal has been closed.
func (t terminal) gone() bool { return t.had && !hasTerminal() }
