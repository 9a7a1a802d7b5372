package logging

import (
	"context"
	"log/slog"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/graph"
	"github.com/gracefulfx/graceful/internal/recent"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module provides *zap.Logger, *slog.Logger and zap.AtomicLevel, and reads the
// section "log". It does not render events: RenderModule does. It keeps the last
// lines, 64 KiB at most, for the page of the admin API. It needs config.Module.
var Module = fx.Options(
	config.Section[Config]("log", config.Default(Defaults)),
	fx.Provide(newLoggerThatFxDecorateReplaces, newSlog, func() *recent.Lines { return new(recent.Lines) }),
)

// RenderModule renders the events of the application with the *zap.Logger of the
// graph or, without one, to standard error. It must come before modules that note
// something while they are wired. It needs app.Module.
var RenderModule = fx.Options(fx.Invoke(render))

type loggerIn struct {
	fx.In

	App    *app.App
	Config *config.Value[Config]
	Sink   Sink `optional:"true"`
	Recent *recent.Lines
}

// newLoggerThatFxDecorateReplaces is named for an application that provides another
// *zap.Logger: fx's error ends with the name.
func newLoggerThatFxDecorateReplaces(in loggerIn) (*zap.Logger, zap.AtomicLevel) {
	log, level, table := build(*in.Config.Get(), keep(in.Recent, countLosses(in.App, in.Sink)))
	config.OnReload(in.Config, "log", func(_ context.Context, c config.Change[Config]) (config.Tx, error) {
		return config.Tx{Commit: func() {
			level.SetLevel(c.New.level())
			table.Store(tableOf(c.New.Levels))
		}}, nil
	})
	in.App.Handle(SetLevel, changer(level), app.About("change the level of the log", app.Arg{Name: "level", Text: "debug, info, warn or error; without it, show the level in force"}))
	return log, level
}

func newSlog(log *zap.Logger) *slog.Logger { return slog.New(NewHandler(log.Core())) }

type renderIn struct {
	fx.In

	App   *app.App
	Log   *zap.Logger `optional:"true"`
	Sink  Sink        `optional:"true"`
	Graph fx.DotGraph
}

func render(in renderIn) error {
	log := in.Log
	if log == nil {
		if err := graph.Parse(string(in.Graph)).Lacks("*zap.Logger"); err != nil {
			return err
		}
		log, _ = New(Defaults(), countLosses(in.App, in.Sink))
	}
	Render(in.App, log)
	return nil
}

// FxLogger returns a logger for fx that writes its errors at level error and its
// other events at level debug. Events of hooks are at level debug in any case,
// because the plan runs the hooks and Render reports them.
func FxLogger(log *zap.Logger) fxevent.Logger {
	log = log.Named("fx").WithOptions(zap.WithCaller(false))
	l := fxLogger{wiring: &fxevent.ZapLogger{Logger: log}, hooks: &fxevent.ZapLogger{Logger: log}}
	l.wiring.UseLogLevel(zapcore.DebugLevel)
	l.hooks.UseLogLevel(zapcore.DebugLevel)
	l.hooks.UseErrorLevel(zapcore.DebugLevel)
	return l
}

type fxLogger struct{ wiring, hooks *fxevent.ZapLogger }

// LogEvent implements fxevent.Logger.
func (l fxLogger) LogEvent(e fxevent.Event) {
	switch e.(type) {
	case *fxevent.OnStartExecuting, *fxevent.OnStartExecuted, *fxevent.OnStopExecuting, *fxevent.OnStopExecuted,
		*fxevent.RollingBack, *fxevent.RolledBack, *fxevent.Started, *fxevent.Stopping, *fxevent.Stopped:
		l.hooks.LogEvent(e)
	default:
		l.wiring.LogEvent(e)
	}
}

var _ fxevent.Logger = fxLogger{}
