package upgrade

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/supervisor"
)

// SuperviseVariable returns the name of the environment variable that asks for a
// supervisor, such as TODO_UPGRADE_SUPERVISE. It is no setting of the
// configuration, since the answer is needed before there is one.
func SuperviseVariable(name string) string { return config.EnvPrefix(name) + "UPGRADE_SUPERVISE" }

// Supervision is what Supervise works with.
type Supervision struct {
	Name     string           // of the application, for messages
	Variable string           // of the environment, which the program does not get
	Signals  <-chan os.Signal // to pass on, such as those of signals.Relay
	Stderr   io.Writer        // for the end of a generation that was not clean
}

// Supervise makes this process the supervisor of the program that it is. It starts
// the program as its child, passes signals to the generation in charge, reaps, and
// blocks until the last generation has ended, whose exit code it returns: 128+n for
// one that signal n has ended. Upgrades work below it, also where it is process 1,
// and its process id stays. It is for the first lines of main, once.
//
// An error says why nothing was started. It wraps errors.ErrUnsupported under go
// run and on systems other than Linux.
func Supervise(s Supervision) (code int, err error) {
	o := process.AtStart()
	p, err := o.Find()
	if err == nil {
		code, err = supervisor.Run(supervisor.Config{Name: s.Name, Program: p, Initial: o, Without: s.Variable, Signals: s.Signals, Stderr: s.Stderr})
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return 1, fmt.Errorf("%s asks for a supervisor: %w; or unset %s", s.Variable, err, s.Variable)
	case err != nil:
		return 1, fmt.Errorf("%s asks for a supervisor: %w", s.Variable, err)
	}
	return code, nil
}

// Supervised reports whether this process has a supervisor; see Supervise.
func Supervised() bool { return process.AtStart().Supervisor != nil }
