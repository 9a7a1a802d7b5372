package app

import (
	"errors"
	"fmt"
	"reflect"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful/app/internal/caller"
)

// lifecycle stands in for fx.Lifecycle: every hook of the application becomes a
// member of the plan, in the phase Resources. fx itself then sees only one hook,
// ours. So nothing is lost that fx would lose in a start timeout, a stop timeout, a
// panic or a signal while starting; see the package comment.
type lifecycle struct {
	inner fx.Lifecycle
	app   *App
}

// Append implements fx.Lifecycle.
func (l *lifecycle) Append(h fx.Hook) {
	name, source := caller.Find()
	l.app.add(Hook{Name: name, source: source, OnStart: h.OnStart, OnStop: h.OnStop})
}

// shutdowner stands in for fx.Shutdowner, so that its stop has a Reason and begins
// at once, even while the start is still running.
type shutdowner struct{ app *App }

// Shutdown implements fx.Shutdowner. It never returns an error: the plan always
// takes a stop.
func (s *shutdowner) Shutdown(opts ...fx.ShutdownOption) error {
	_, source := caller.Find()
	r := Reason{Kind: Requested, By: "fx.Shutdowner"}
	if source != "" {
		r.By += " at " + source
	}
	for _, o := range opts {
		if code, ok := exitCode(o); ok {
			r.Code = code
		}
	}
	s.app.Stop(r)
	return nil
}

// exitCode reads the number of fx.ExitCode. The option has no accessor, so
// exitCode looks at its representation; a canary test fails when fx changes it.
func exitCode(o fx.ShutdownOption) (int, bool) {
	if v := reflect.ValueOf(o); v.IsValid() && v.Type() == reflect.TypeOf(fx.ExitCode(0)) && v.CanInt() {
		return int(v.Int()), true
	}
	return 0, false
}

// native is true if fx is to run the application's hooks.
type native bool

// NativeHooks leaves the hooks of the application to fx, with everything that fx
// may skip. Only the framework's own members stay in the plan; they start where
// graceful.Module stands in the order of invokes, and stop before hooks that were
// appended earlier. It is for programs that need fx's own engine.
func NativeHooks() fx.Option { return fx.Supply(native(true)) }

type captureIn struct {
	fx.In

	Lifecycle fx.Lifecycle
	App       *App
	Native    native `optional:"true"`
}

func captureLifecycle(in captureIn) fx.Lifecycle {
	if in.Native {
		return in.Lifecycle
	}
	return &lifecycle{inner: in.Lifecycle, app: in.App}
}

func captureShutdowner(s fx.Shutdowner, a *App) fx.Shutdowner {
	// Without this call fx's Run would wait for ever. Only the first Stop makes it,
	// so there is no race for fx's exit code, which has no lock. It fails only if
	// nothing waits on fx, so there is nothing to notify.
	a.registry.onStop(func(code int) { _ = s.Shutdown(fx.ExitCode(code)) })
	return &shutdowner{app: a}
}

// errNotCaptured is the start error where the decorators do not reach: otherwise
// hooks would silently run outside the plan.
var errNotCaptured = errors.New("fx.Lifecycle is not under the plan: graceful.Module and graceful.Core must be given to fx.New itself, not inside fx.Module")

type attachIn struct {
	fx.In

	Lifecycle  fx.Lifecycle
	Shutdowner fx.Shutdowner // requested so that its decorator runs
	App        *App
	Native     native         `optional:"true"`
	Log        fxevent.Logger `optional:"true"` // provided by fx where fx.WithLogger is used
}

// attach gives fx the one hook that runs the plan.
func attach(in attachIn) error {
	hook := fx.Hook{OnStart: in.App.Start, OnStop: in.App.StopWait}
	switch lc := in.Lifecycle.(type) {
	case *lifecycle:
		lc.inner.Append(hook)
		if in.Log != nil {
			in.App.Observe(func(e Event) { logHook(in.Log, e) })
		}
		return nil
	default:
		if !in.Native {
			return fmt.Errorf("%w (it is a %T)", errNotCaptured, lc)
		}
		lc.Append(hook)
		return nil
	}
}

// logHook writes the hooks of the plan to the application's fx logger, as fx would
// have done.
func logHook(log fxevent.Logger, e Event) {
	ended, ok := e.(StepEnded)
	if !ok || ended.Step.Phase != Resources {
		return
	}
	s := ended.Step
	if s.Way == "up" {
		log.LogEvent(&fxevent.OnStartExecuted{FunctionName: s.Name, CallerName: s.Source, Method: "OnStart", Runtime: s.Took, Err: s.Err})
		return
	}
	log.LogEvent(&fxevent.OnStopExecuted{FunctionName: s.Name, CallerName: s.Source, Runtime: s.Took, Err: s.Err})
}

var (
	_ fx.Lifecycle  = (*lifecycle)(nil)
	_ fx.Shutdowner = (*shutdowner)(nil)
)
