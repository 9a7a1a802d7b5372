package logging

import (
	"context"
	"log/slog"
	"runtime"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewHandler returns a slog.Handler that writes to core, which also decides
// the level. A group is a namespace of zap.
func NewHandler(core zapcore.Core) slog.Handler { return &handler{core: core} }

type handler struct {
	core   zapcore.Core
	groups []string // opened but still empty: an empty group is not written
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return h.core.Enabled(zapLevel(l)) }

// Handle implements slog.Handler.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	entry := zapcore.Entry{Level: zapLevel(r.Level), Time: r.Time, Message: r.Message}
	checked := h.core.Check(entry, nil)
	if checked == nil {
		return nil
	}
	if r.PC != 0 {
		f, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		checked.Caller = zapcore.EntryCaller{Defined: true, PC: f.PC, File: f.File, Line: f.Line, Function: f.Function}
	}
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	checked.Write(h.inGroups(fields(nil, attrs))...)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	fs := fields(nil, attrs)
	if len(fs) == 0 {
		return h
	}
	return &handler{core: h.core.With(h.inGroups(fs))}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{core: h.core, groups: append(slices.Clip(h.groups), name)}
}

// inGroups opens the groups before fs, unless fs is empty.
func (h *handler) inGroups(fs []zap.Field) []zap.Field {
	if len(fs) == 0 || len(h.groups) == 0 {
		return fs
	}
	all := make([]zap.Field, 0, len(h.groups)+len(fs))
	for _, g := range h.groups {
		all = append(all, zap.Namespace(g))
	}
	return append(all, fs...)
}

var _ slog.Handler = (*handler)(nil)
