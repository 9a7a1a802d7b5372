package logging

import (
	"strings"
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A levelTable has the levels of loggers by name. The level of "http" is also that
// of "http.access", unless that has its own.
type levelTable struct {
	byName map[string]zapcore.Level
	lowest zapcore.Level
}

func tableOf(byName map[string]string) *levelTable {
	t := &levelTable{byName: map[string]zapcore.Level{}, lowest: zapcore.FatalLevel}
	for name, level := range byName {
		l := levels()[level]
		t.byName[name], t.lowest = l, min(t.lowest, l)
	}
	return t
}

// of returns the level of a logger, or fallback if no entry names it.
func (t *levelTable) of(name string, fallback zapcore.Level) zapcore.Level {
	for len(t.byName) > 0 && name != "" {
		if l, ok := t.byName[name]; ok {
			return l
		}
		name = name[:max(strings.LastIndexByte(name, '.'), 0)]
	}
	return fallback
}

// A namedCore decides by the name of the logger what is written. Loggers without an
// entry have the general level.
type namedCore struct {
	zapcore.Core // writes whatever it gets
	all          zap.AtomicLevel
	table        *atomic.Pointer[levelTable]
}

// Enabled reports whether any logger writes at that level.
func (c namedCore) Enabled(l zapcore.Level) bool {
	return c.all.Enabled(l) || l >= c.table.Load().lowest
}

// With implements zapcore.Core.
func (c namedCore) With(fields []zapcore.Field) zapcore.Core {
	c.Core = c.Core.With(fields)
	return c
}

// Check implements zapcore.Core.
func (c namedCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if e.Level < c.table.Load().of(e.LoggerName, c.all.Level()) {
		return ce
	}
	return c.Core.Check(e, ce)
}
