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

// SuperviseVariable returns the name of the environment variable that requests a
// supervisor, such as TODO_UPGRADE_SUPERVISE. It is not a setting of the
// configuration, since it is needed before there is one.
func SuperviseVariable(name string) string { return config.EnvPrefix(name) + "UPGRADE_SUPERVISE" }

// Supervision has the parameters of Supervise.
type Supervision struct {
	Name     string           // of the application, for messages
	Variable string           // of the environment, which the program does not get
	Signals  <-chan os.Signal // to pass on, such as those of signals.Relay
	Stderr   io.Writer        // for the end of a generation that was not clean
}

// Supervise makes this process a supervisor of the program that it runs. It starts
// the program as its child, passes signals to the generation in charge, reaps, and
// blocks until the last generation has ended. It returns the exit code of that one:
// 128+n if signal n has ended it. Upgrades work below it, even if it is process 1,
// and its process id stays. Call it once, first in main.
//
// If it returns an error, nothing was started. The error wraps
// errors.ErrUnsupported under go run and on systems other than Linux.
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
