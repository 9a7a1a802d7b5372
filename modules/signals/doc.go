// Package signals answers the signals of the operating system by a table:
//
//	SIGHUP  → reload
//	SIGINT  → stop
//	SIGPIPE → ignore
//	SIGTERM → stop
//	SIGUSR2 → upgrade
//
// Windows has SIGINT and SIGTERM. The table is changed by fx options:
//
//	signals.On(syscall.SIGHUP, signals.Upgrade)       // replaces the row
//	signals.Before(syscall.SIGHUP, "lint", checkFile) // its error vetoes the reload
//	signals.After(syscall.SIGHUP, "page", tellPeople) // sees the answer
//	signals.On(syscall.SIGUSR1, signals.Func("dump", dump))
//
// and, for signals that do not end the process, by the section "signals" of the
// configuration, live; see [Config]. A program that needs signals before the
// container is built makes a [Trap]; without fx, [Join] attaches a table to an App.
//
// # Stopping
//
// The first stop signal begins the stop. The second cuts short what only waits
// for clients. The third ends the process at once, with exit code 128+n, as a
// shell reports a command that died of signal n (bash(1)). They are counted
// together, whichever of the stop signals they are. The same signal within 100 ms
// counts once: supervisors that signal the process and its group send two.
//
// # Signals that are special
//
// SIGQUIT keeps Go's dump of all stacks. A standard output or error without a
// reader does not end the process, as SIGPIPE by default would (package os/signal):
// it is reported once. The action [Default] restores the system's behaviour, which
// child processes have in any case. A SIGHUP that the parent process ignores, as
// under nohup(1), stays ignored. A SIGHUP that comes because the controlling
// terminal was closed stops the process, whatever the table says, unless it is
// ignored. fx's Run stops the application on SIGINT and SIGTERM, whatever the table
// says; a table that says otherwise needs graceful.Run.
//
// # How it works
//
// One goroutine, that of the [Trap], receives every signal and never waits.
// Whatever takes time runs on other goroutines, so that neither a long reload nor a
// log without a reader keeps the third stop signal from working.
//
// The page for operators:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#signals
package signals
