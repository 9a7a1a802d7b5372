package compat

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"go.uber.org/fx"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// snippet: slog-default
// slog.Default, and package log with it, write where graceful does.
var slogDefault = fx.Invoke(slog.SetDefault)

// end

// snippet: slog-own
// For an application that has a *slog.Logger and no zap: graceful.Core writes
// to the *zap.Logger it finds, so it is given one.
func newZap(log *slog.Logger) *zap.Logger { return zap.New(&slogCore{handler: log.Handler()}) }

type slogCore struct{ handler slog.Handler }

func level(l zapcore.Level) slog.Level { return slog.Level(4 * int(min(l, zapcore.ErrorLevel))) }

func (c *slogCore) Enabled(l zapcore.Level) bool {
	return c.handler.Enabled(context.Background(), level(l))
}

func (c *slogCore) With(fields []zapcore.Field) zapcore.Core {
	return &slogCore{with(c.handler, fields)}
}

func (c *slogCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c *slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	r := slog.NewRecord(e.Time, level(e.Level), e.Message, 0)
	return with(c.handler, fields).Handle(context.Background(), r)
}

func (c *slogCore) Sync() error { return nil }

// with adds fields in the order in which zap has them.
func with(h slog.Handler, fields []zapcore.Field) slog.Handler {
	for _, f := range fields {
		if f.Type == zapcore.NamespaceType {
			h = h.WithGroup(f.Key)
			continue
		}
		enc := zapcore.NewMapObjectEncoder()
		f.AddTo(enc)
		for _, k := range slices.Sorted(maps.Keys(enc.Fields)) { // an error may be two
			h = h.WithAttrs([]slog.Attr{slog.Any(k, enc.Fields[k])})
		}
	}
	return h
}

// end
