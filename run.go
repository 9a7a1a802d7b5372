package graceful

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
	"github.com/gracefulfx/graceful/internal/output"
	"github.com/gracefulfx/graceful/modules/signals"
)

// Run is fx.New(graceful.Module, opts...).Run() with what only main can add.
// Signals are caught from its first instant: SIGTERM during a slow constructor
// still ends the program in order. Any signal can have any action, since fx's own
// handling is not used. fx's log is quiet. The exit code is exact: that of the
// app.Report, or app.ExitCode of the error that a constructor returned.
//
// Run blocks until the application has ended. It returns if the exit code is
// 0 and exits the process otherwise, after saying on standard error what was
// wrong. Options given here, such as fx.WithLogger, win over those of Run.
//
// With NAME_UPGRADE_SUPERVISE=true in the environment, Run keeps the process id
// through upgrades; see Supervise.
//
// Run reads no arguments. For one that is a command of package cli, such as reload,
// it prints a hint and goes on: use cli.Main for commands and flags.
func Run(opts ...fx.Option) {
	if len(os.Args) > 1 {
		hintAtCommands(os.Stderr, os.Args[1])
	}
	if code, supervised := superviseAs(opts...); supervised {
		os.Exit(code)
	}
	if code := run(os.Stderr, signals.NewTrap(signals.Env{}), opts...); code != 0 {
		os.Exit(code)
	}
}

// RunContext is Run for a main that has work before or after: it blocks until the
// application has ended, and returns the exit code. The end of ctx stops the
// application as SIGTERM does, with code 0. RunContext does not return if a third
// stop signal ends the process at once.
func RunContext(ctx context.Context, opts ...fx.Option) (code int) {
	return run(os.Stderr, signals.NewTrap(signals.Env{}), fx.Options(opts...), fx.Invoke(func(a *app.App) {
		end := context.AfterFunc(ctx, func() {
			a.Stop(app.Reason{Kind: app.Requested, By: "context", Text: context.Cause(ctx).Error()})
		})
		a.At(app.Final, "context", func(context.Context) error { end(); return nil })
	}))
}

func run(stderr io.Writer, trap *signals.Trap, opts ...fx.Option) (code int) {
	defer trap.Close()
	var a *app.App
	quiet := &fxLog{}
	var words string
	defer func() { lastWords(output.Bounded(stderr), words, quiet) }()
	var f *fx.App
	err := guard.Call(func() error { // a constructor may panic
		f = fx.New(
			Module,
			fx.Provide(func() *signals.Trap { return trap }),
			fx.WithLogger(func() fxevent.Logger { return quiet }),
			fx.Options(opts...),
			fx.Invoke(quiet.use, func(made *app.App) { a = made }),
		)
		return f.Err()
	})
	if err != nil {
		cause := rootCause(err)
		words = fmt.Sprintf("cannot build the application: %v\n%s", cmp.Or(quiet.explain(), cause.Error()), guard.Stack(err))
		return app.ExitCode(cause)
	}

	err = start(f)
	switch {
	case err == nil:
		<-a.Stopping()
		err = stop(f)
	case a.Reason() == nil: // a hook that is not under the plan failed before the plan began
		a.Stop(app.Reason{Kind: app.StartFailed, By: "start", Err: err})
	}
	<-a.Done()
	code = a.Report().Code
	if err != nil {
		words = fmt.Sprintf("%s: %v\n", a.Name(), err)
		code = max(code, 1)
	}
	return code
}

// lastWords writes words to stderr, which is bounded, and then what the log of fx
// still holds. Both together take output.Patience at most.
func lastWords(stderr io.Writer, words string, log *fxLog) {
	until := time.Now().Add(output.Patience)
	if words != "" {
		_, _ = io.WriteString(stderr, words)
	}
	log.flush(time.Until(until))
}

// start and stop go through fx, so that hooks which are not under the plan
// (app.NativeHooks) run too, and a user's fx.StartTimeout and StopTimeout hold.
func start(f *fx.App) error { return within(f.StartTimeout(), f.Start) }
func stop(f *fx.App) error  { return within(f.StopTimeout(), f.Stop) }

func within(d time.Duration, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return fn(ctx)
}

// rootCause removes fx's trace of constructors from an error: the trace names the
// calling code, not what was wrong. An error of the wiring itself has no cause but
// that trace, and keeps it.
func rootCause(err error) error {
	if cause := dig.RootCause(err); cause != nil {
		var wiring dig.Error
		if !errors.As(cause, &wiring) {
			return cause
		}
	}
	return err
}
