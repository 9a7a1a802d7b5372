package otel

import (
	"context"
	"log/slog"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/bridges/otelzap"
	global "go.opentelemetry.io/otel"
	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/logging"
)

// Logs sends the log to the collector as well, through the bridges of
// OpenTelemetry: the *zap.Logger of the graph and its *slog.Logger, whose records
// carry the trace of their context. It needs graceful.Module, or a *zap.Logger and
// a *slog.Logger of the application. Lines after the flush at the end of a stop are
// not sent.
func Logs() fx.Option {
	return fx.Decorate(func(t *Telemetry, log *zap.Logger, _ *slog.Logger) (*zap.Logger, *slog.Logger) {
		records := slog.New(slog.NewMultiHandler(logging.NewHandler(log.Core()), otelslog.NewHandler(scope, otelslog.WithLoggerProvider(t.Logs))))
		return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
			return zapcore.NewTee(c, atLevel{otelzap.NewCore(scope, otelzap.WithLoggerProvider(t.Logs)), c})
		})), records
	})
}

// atLevel sends the records that the log has, and no others.
type atLevel struct {
	zapcore.Core
	of zapcore.LevelEnabler
}

func (l atLevel) Enabled(level zapcore.Level) bool {
	return l.of.Enabled(level) && l.Core.Enabled(level)
}

func (l atLevel) With(fields []zapcore.Field) zapcore.Core { return atLevel{l.Core.With(fields), l.of} }

func (l atLevel) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if l.Enabled(e.Level) {
		return to.AddCore(e, l)
	}
	return to
}

// complain turns messages that OpenTelemetry would print to standard error into
// notes.
func complain(a *app.App) {
	global.SetErrorHandler(global.ErrorHandlerFunc(func(err error) {
		a.Note(app.Note{Level: slog.LevelWarn, Text: "opentelemetry", Err: err})
	}))
	global.SetLogger(logr.FromSlogHandler(notes{a}))
}

// notes is a handler for the few lines that the SDK logs at level error.
type notes struct{ app *app.App }

func (n notes) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (n notes) Handle(_ context.Context, r slog.Record) error {
	note := app.Note{Level: slog.LevelWarn, Text: "opentelemetry: " + r.Message}
	r.Attrs(func(a slog.Attr) bool {
		note.Attrs = append(note.Attrs, a)
		return true
	})
	n.app.Note(note)
	return nil
}

func (n notes) WithAttrs([]slog.Attr) slog.Handler { return n }

func (n notes) WithGroup(string) slog.Handler { return n }
