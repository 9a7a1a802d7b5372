package upgrade

import (
	"os"
	"strconv"
	"strings"
)

// successorEnv tells a new process that it has a predecessor, and on which
// descriptor.
const successorEnv = "GRACEFUL_SUCCESSOR"

// birth is what this process was given when it began: later, the program may
// change its directory, its PATH and its arguments. It is never assigned to.
//
// It is taken when the package is initialised, and the mark of a successor is
// removed from the environment at the same time, because a subprocess that the
// program starts before the application is built must inherit neither the mark
// nor the descriptor: it would keep the predecessor's end from being noticed.
var birth = born()

type origin struct {
	argv []string
	dir  string // working directory; as $PWD has it, so a symlink stays one
	err  error  // why dir is not known
	path string // PATH
	exe  string // path of the program, if argv[0] does not lead to it
	fd   int    // line to the predecessor; -1: there is none
}

func born() *origin {
	o := &origin{argv: append([]string(nil), os.Args...), path: os.Getenv("PATH"), fd: -1}
	o.dir, o.err = os.Getwd()
	if mark, ok := os.LookupEnv(successorEnv); ok {
		_ = os.Unsetenv(successorEnv)
		if fd, err := strconv.Atoi(mark); err == nil && fd > 2 && isLine(fd) {
			closeOnExec(fd)
			o.fd = fd
		}
	}
	if exe, err := os.Executable(); err == nil && !sameFile(o, exe) {
		o.exe = exe
	}
	return o
}

// sameFile tells whether argv[0] leads to exe. It does not after exec -a.
func sameFile(o *origin, exe string) bool {
	path, err := o.locate()
	if err != nil {
		return false
	}
	a, errA := os.Stat(path)
	b, errB := os.Stat(exe)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// environment is that of a successor: ours as it is now, without what is only
// meant for this process.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case name == successorEnv:
		case name == "LISTEN_FDS", name == "LISTEN_PID", name == "LISTEN_FDNAMES", name == "LISTEN_PIDFDID":
		default:
			env = append(env, kv)
		}
	}
	return append(env, successorEnv+"="+strconv.Itoa(lineFD))
}
