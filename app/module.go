package app

import (
	"time"

	"go.uber.org/fx"
)

// ceiling is the value to which fx's own timeouts are raised: the plan has shorter
// ones, which come from the configuration and which, unlike fx's, do not skip the
// rest of the hooks. A user's own fx.StartTimeout or fx.StopTimeout, given after
// this module, lowers the ceiling again, and the plan shrinks to it.
const ceiling = time.Hour

// givenTwiceModuleIsAlreadyPartOfGracefulModule is provided by the module
// only so that a second copy fails with a name that says what to do.
type givenTwiceModuleIsAlreadyPartOfGracefulModule struct{}

func givenTwice() (is givenTwiceModuleIsAlreadyPartOfGracefulModule) { return is }

type newIn struct {
	fx.In

	Name  Name    `optional:"true"`
	Calls []calls `group:"graceful.calls"`
}

func newApp(in newIn) *App {
	a := New(in.Name)
	for _, c := range in.Calls {
		a.Calls(c.server, c.others...)
	}
	return a
}

// Module provides *App and puts every fx hook of the application under its
// plan. It must be given to fx.New itself, not inside fx.Module, because a
// decorator reaches only the module it stands in. It is not an fx.Module for the
// same reason. Its place among the options matters only for the timeouts, of which
// the last wins.
var Module = fx.Options(
	fx.StartTimeout(ceiling),
	fx.StopTimeout(ceiling),
	fx.Provide(givenTwice, newApp), // in this order: fx reports the first
	fx.Decorate(captureLifecycle, captureShutdowner),
	fx.Invoke(attach, func(in groupsIn) {
		for _, c := range in.Checks {
			in.App.AddCheck(c)
		}
		for _, t := range in.Tasks {
			in.App.Go(t.Name, t.Run, t.Options...)
		}
	}),
)

const (
	taskGroup  = `group:"graceful.tasks"`
	checkGroup = `group:"graceful.checks"`
	callsGroup = `group:"graceful.calls"`

	commandGroup = `group:"graceful.commands"`
)

type groupsIn struct {
	fx.In

	App    *App
	Tasks  []Task  `group:"graceful.tasks"`
	Checks []Check `group:"graceful.checks"`
}

// AsTask annotates a constructor of a Task, for fx.Provide, so that the task
// runs although no constructor takes it. Tasks of the group start in no
// particular order.
func AsTask(constructor any) any { return fx.Annotate(constructor, fx.ResultTags(taskGroup)) }

// Describe adds a command of the application to those of the program: package cli
// lists it beside its own, and "todo fleet status" sends the command "fleet status"
// to the running process. Its name has two words, so that it cannot be mistaken for
// one of cli's. App.Handle gives it its handler.
func Describe(info CommandInfo) fx.Option {
	return fx.Supply(fx.Annotate(info, fx.ResultTags(commandGroup)))
}

// AsCheck annotates a constructor of a Check, for fx.Provide, so that readiness
// depends on it although no constructor takes it. Its parameters are built early,
// since probes come as soon as the process starts.
func AsCheck(constructor any) any { return fx.Annotate(constructor, fx.ResultTags(checkGroup)) }

// calls has the servers that a server calls.
type calls struct {
	server string
	others []string
}

// Calls is [App.Calls] as an option:
//
//	app.Calls("http", "grpc") // a gateway: HTTP stops before gRPC
func Calls(server string, others ...string) fx.Option {
	return fx.Supply(fx.Annotate(calls{server, others}, fx.ResultTags(callsGroup)))
}
