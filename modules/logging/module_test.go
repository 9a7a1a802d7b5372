package logging

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/fx/fxtest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// configFile writes a configuration and returns its path and a way to change it.
func configFile(t *testing.T, text string) (path string, edit func(string)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.yaml")
	edit = func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit(text)
	return path, edit
}

func modules(path string) fx.Option {
	return fx.Options(app.Module, config.Module, config.WithFile(path), Module, RenderModule)
}

func TestReloadChangesTheLevelAtOnce(t *testing.T) {
	t.Parallel()
	path, edit := configFile(t, "log: {level: warn}")
	b := &buffer{}
	var (
		a     *app.App
		log   *zap.Logger
		slogs *slog.Logger
	)
	x := fxtest.New(t, modules(path), fx.Supply(Sink{W: b}), fx.Populate(&a, &log, &slogs))
	x.RequireStart()
	old := log.With(zap.Bool("old", true))
	old.Info("quiet")
	edit("log: {level: debug}")
	if _, err := a.Do(t.Context(), app.Request{Command: app.Reload, By: "test"}); err != nil {
		t.Fatal(err)
	}
	old.Debug("loud")
	slogs.Debug("loud too")
	x.RequireStop()
	got := b.String()
	if strings.Contains(got, "quiet") || !strings.Contains(got, "loud") || !strings.Contains(got, "loud too") || !strings.Contains(got, "stopped (fx: Stop called)") {
		t.Errorf("got %s", got)
	}
}

func TestConfigProblems(t *testing.T) {
	t.Parallel()
	path, _ := configFile(t, "log:\n  level: loud\n  format: xml\n")
	err := fx.New(fx.NopLogger, modules(path)).Err()
	for _, want := range []string{
		`app.yaml:2:`, `log.level: unknown level "loud": use debug, info, warn or error`,
		`app.yaml:3:`, `log.format: unknown format "xml": use json, console or auto`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %s", err, want)
		}
	}
}

func TestLoggerOfTheUser(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.InfoLevel)
	mine := zap.New(core)
	path, _ := configFile(t, "{}")
	for _, c := range []struct {
		name string
		opts fx.Option
	}{
		{"replaced", fx.Options(modules(path), fx.Replace(mine))},
		{"decorated", fx.Options(modules(path), fx.Decorate(func(*zap.Logger) *zap.Logger { return mine }))},
		{"provided, without Module", fx.Options(app.Module, config.Module, config.WithFile(path), RenderModule,
			fx.Provide(func(fx.Lifecycle) *zap.Logger { return mine }, newSlog))},
	} {
		t.Run(c.name, func(t *testing.T) {
			logs.TakeAll()
			fxtest.New(t, c.opts, fx.Invoke(func(s *slog.Logger) { s.Info("hello") })).RequireStart().RequireStop()
			if logs.FilterMessage("hello").Len() != 1 {
				t.Error("slog does not write to the user's logger")
			}
			if logs.FilterMessage("stopping").Len() != 1 {
				t.Error("events are not rendered with the user's logger")
			}
		})
	}
}

func TestEventsWithoutAnyLoggerGoToTheSink(t *testing.T) {
	t.Parallel()
	b := &buffer{}
	fxtest.New(t, app.Module, RenderModule, fx.Supply(Sink{W: b})).RequireStart().RequireStop()
	if got := b.String(); !strings.Contains(got, `"msg":"stopping"`) {
		t.Errorf("got %s, want the events", got)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format   string
		terminal bool
		json     bool
	}{
		{"auto", false, true}, {"auto", true, false}, {"json", true, true}, {"console", false, false},
	} {
		b := &buffer{}
		log, _ := New(Config{Level: "info", Format: c.format}, Sink{W: b, Terminal: c.terminal})
		log.Info("hello")
		if got := strings.HasPrefix(b.String(), "{"); got != c.json {
			t.Errorf("%s, terminal %v: got %s", c.format, c.terminal, b)
		}
	}
}

func TestFxLogger(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, c := range []struct {
		event fxevent.Event
		want  zapcore.Level
	}{
		{&fxevent.Provided{OutputTypeNames: []string{"int"}}, zapcore.DebugLevel},
		{&fxevent.Provided{Err: broken}, zapcore.ErrorLevel},
		{&fxevent.Invoked{Err: broken}, zapcore.ErrorLevel},
		{&fxevent.Started{}, zapcore.DebugLevel},
		{&fxevent.OnStopExecuted{Err: broken}, zapcore.DebugLevel}, // the plan reports it
		{&fxevent.LoggerInitialized{Err: broken}, zapcore.ErrorLevel},
	} {
		core, logs := observer.New(zapcore.DebugLevel)
		FxLogger(zap.New(core)).LogEvent(c.event)
		all := logs.All()
		if len(all) != 1 || all[0].Level != c.want {
			t.Errorf("%T: got %v, want one line at %v", c.event, all, c.want)
		}
	}
}

// If its constructor lacks something, fx silently makes an optional logger nil;
// lines would go where nobody looks.
func TestLoggerThatLacksSomethingFailsTheStart(t *testing.T) {
	type database struct{}
	f := fx.New(fx.NopLogger, app.Module, RenderModule, fx.Provide(func(*database) *zap.Logger { return zap.NewNop() }))
	if err := f.Err(); err == nil || !strings.Contains(err.Error(), "*zap.Logger is provided by") || !strings.Contains(err.Error(), "database") {
		t.Errorf("got %v", err)
	}
}
