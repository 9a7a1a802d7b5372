// Package cli gives an application the commands that its operators need, in the
// same binary: no second program to install, and always the matching version.
//
//	func main() {
//		cli.Main("todo", fx.Provide(newHandler))
//	}
//
// has the commands below. [Main] is for main, [Run] returns the exit code instead,
// and [Commands] lists them for a program that mounts them among its own.
//
//	todo [run]                  start and serve; this is also what happens without a command
//	todo check [FILE]           read the configuration as a start would
//	todo status [--watch]       what the running process does and waits for
//	todo config show|diff|history|sample|schema
//	todo reload [--dry-run]     read the configuration again
//	todo upgrade                hand over to a new process
//	todo drain, todo stop       end it, in order
//	todo do [NAME [KEY=VALUE ...]]  commands of the application: list them, or run one
//	todo page                   all of this in a browser
//	todo profile [cpu|heap|goroutine] [-o FILE]
//	todo graph [--dot|--svg]    the parts of the program, and what they need
//	todo timeline               every step of its start and stop
//	todo events [-f] [--since 10m]  what has happened, over generations
//	todo log-level [LEVEL]
//	todo version [--modules]    what this binary was built from
//
// All but run and the offline ones send a request to the running process (package
// modules/admin) and wait for the real outcome. Ctrl-C ends the waiting, not the
// operation.
//
// Every setting is a flag as well: --http.addr, --log.level; and --config names
// the file. Clients look for the process at --admin.addr, at the address in the
// configuration, and in the usual directories.
//
// The exit codes of all commands but run:
//
//	0  done, or nothing to do
//	1  refused or failed: nothing changed
//	2  not understood
//	3  not running
//	4  not done in time (--timeout); it may go on
//	5  done, but a part of it waits for a restart
//	6  not allowed: this user may not use the socket, or not for this request
//	7  the process does not answer: it is stopped (SIGSTOP), or hangs
//	8  the socket belongs to another user, so nothing was sent to it
//
// The page for operators:
// https://github.com/gracefulfx/graceful/blob/main/docs/operating.md#commands
package cli
