package graceful

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/output"
	"github.com/gracefulfx/graceful/modules/signals"
	"github.com/gracefulfx/graceful/modules/upgrade"
)

// Supervise turns this process into a supervisor that keeps its process id, if the
// variable NAME_UPGRADE_SUPERVISE is true. It then blocks until the service has
// ended and returns true with the service's exit code; main should exit with it.
// The service is a child that runs the same program, and upgrades replace the
// child: so they work for process 1 of a container, and under anything that follows
// one process id. Otherwise it returns false at once. Either way the variable is
// removed from the environment.
//
// Run and cli.Main call it. A program that uses RunContext or fx.New calls it
// itself, before anything else. Under systemd it only prints a line on standard
// error, since systemd follows generations by itself. Where a supervisor cannot
// work, such as under go run or on Windows, it says so, and the code is 1.
func Supervise(name string) (code int, supervised bool) {
	return supervise(name, os.Stderr)
}

func supervise(name string, stderr io.Writer) (code int, supervised bool) {
	variable := upgrade.SuperviseVariable(name)
	value, ok := os.LookupEnv(variable)
	if !ok {
		return 0, false
	}
	stderr = output.Bounded(stderr)
	_ = os.Unsetenv(variable)
	wanted, err := strconv.ParseBool(value)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "%s: %s=%s is neither true nor false\n", name, variable, value)
		return 1, true
	case !wanted || upgrade.Supervised():
		return 0, false
	case os.Getenv("NOTIFY_SOCKET") != "" || os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()):
		fmt.Fprintf(stderr, "%s: going on without a supervisor: systemd follows upgrades by itself, so %s has no effect here\n", name, variable)
		return 0, false
	}
	code, err = upgrade.Supervise(upgrade.Supervision{Name: name, Variable: variable, Signals: signals.Relay(signals.Env{}), Stderr: stderr})
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
	}
	return code, true
}

// superviseAs is Supervise for an application whose name is among its options. It
// looks for the name only if the environment asks for a supervisor.
func superviseAs(opts ...fx.Option) (code int, supervised bool) {
	wanted := upgrade.SuperviseVariable("")
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasSuffix(name, wanted) {
			return Supervise(nameAmong(opts...))
		}
	}
	return 0, false
}

// nameAmong returns the name of the application. None of its constructors or
// invokes runs: the first invoke ends the goroutine.
func nameAmong(opts ...fx.Option) string {
	name := "app"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = fx.New(
			fx.Module("name", fx.Invoke(func(a *app.App) { name = a.Name() }), fx.Invoke(func() { runtime.Goexit() })),
			Module,
			fx.Options(opts...),
			fx.NopLogger,
		)
	}()
	<-ended
	return name
}
