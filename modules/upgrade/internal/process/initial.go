package process

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// successorEnv is the variable that marks a process with a predecessor: it holds
// the number of the descriptor of their connection.
const successorEnv = "GRACEFUL_SUCCESSOR"

// Initial is what this process was given when it began. Later the program may
// change its directory, its PATH and its arguments.
type Initial struct {
	Argv []string
	Dir  string // working directory; as $PWD has it, so a symlink stays one
	Err  error  // why Dir is not known
	Path string // PATH
	Exe  string // path of the program, if Argv[0] does not lead to it
	FD   int    // connection to the predecessor; -1: there is none

	Supervisor *Supervisor // nil: there is none
}

// initial is read when the package is initialised, and the mark of a successor is
// removed from the environment at the same time: a subprocess that the program
// starts before the application is built must inherit neither the mark nor the
// descriptor, which would hide the end of the predecessor.
var initial = readInitial()

// AtStart returns what this process was given when it began. It never changes.
func AtStart() *Initial { return initial }

func readInitial() *Initial {
	o := &Initial{Argv: append([]string(nil), os.Args...), Path: os.Getenv("PATH"), FD: -1}
	o.Dir, o.Err = os.Getwd()
	if mark, ok := os.LookupEnv(successorEnv); ok {
		_ = os.Unsetenv(successorEnv)
		if fd, err := strconv.Atoi(mark); err == nil && fd > lastStandardFD && wire.IsEnd(fd) {
			closeOnExec(fd)
			o.FD = fd
		}
	}
	o.Supervisor = findSupervisor()
	if exe, err := os.Executable(); err == nil && !o.leadsTo(exe) {
		o.Exe = exe
	}
	return o
}

// leadsTo reports whether argv[0] leads to exe. It does not after exec -a.
func (o *Initial) leadsTo(exe string) bool {
	path, err := o.locate()
	if err != nil {
		return false
	}
	a, errA := os.Stat(path)
	b, errB := os.Stat(exe)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// locate returns the absolute path to which argv[0] leads.
func (o *Initial) locate() (string, error) {
	if len(o.Argv) == 0 || o.Argv[0] == "" {
		return "", errors.New("the process was started without a name, so its program cannot be found")
	}
	name := o.Argv[0]
	if strings.ContainsRune(name, filepath.Separator) {
		return o.absolute(name)
	}
	for _, dir := range filepath.SplitList(o.Path) {
		path, err := o.absolute(filepath.Join(cmp.Or(dir, "."), name))
		if err != nil {
			return "", err
		}
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() && fi.Mode().Perm()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("no program %s in PATH any more: put the new one there: %w", name, fs.ErrNotExist)
}

func (o *Initial) absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	if o.Err != nil {
		return "", fmt.Errorf("the directory in which %s was started is not known: %w", path, o.Err)
	}
	return filepath.Join(o.Dir, path), nil
}

// InCharge reports to the supervisor, if there is one, whether this process is in
// charge. It does not block.
func (o *Initial) InCharge(yes bool) {
	if yes {
		o.Supervisor.say(Charge, pid())
		return
	}
	o.Supervisor.say(Leave, pid())
}
