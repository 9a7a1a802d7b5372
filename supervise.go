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
// variable NAME_UPGRADE_SUPERVISE is true, and reports whether it has: then it has
// blocked until the service has ended, with code, and main should exit with that. A
// child that runs the same program is the service, and upgrades replace the child:
// so they work as process 1 of a container, and where something follows one process
// id. Otherwise it returns at once. The variable is removed from the environment.
//
// Run and cli.Main call it. A program that uses RunContext or fx.New calls it
// itself, first of all. Where systemd has started the process it has no effect, but
// for a line on standard error: systemd follows generations by itself. Where it
// cannot be done, such as under go run or on Windows, it says so, and the code is
// 1.
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
// looks for it only if some application is to be supervised.
func superviseAs(opts ...fx.Option) (code int, supervised bool) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasSuffix(name, upgrade.SuperviseVariable("")) {
			return Supervise(nameAmong(opts...))
		}
	}
	return 0, false
}

// nameAmong returns the name of the application. No constructor and no invoke of
// the application runs: they would come after one that ends the goroutine.
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
