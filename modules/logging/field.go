package logging

import (
	"log/slog"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapLevel returns zap's level for l. Below debug there is room for trace levels.
func zapLevel(l slog.Level) zapcore.Level {
	switch {
	case l >= slog.LevelError:
		return zapcore.ErrorLevel
	case l >= slog.LevelWarn:
		return zapcore.WarnLevel
	case l >= slog.LevelInfo:
		return zapcore.InfoLevel
	case l >= slog.LevelDebug:
		return zapcore.DebugLevel
	}
	return zapcore.DebugLevel - 1
}

// fields appends attrs to the slice, by slog's rules: the zero Attr and an empty
// group are left out; the members of a group without a key are inlined.
func fields(to []zap.Field, attrs []slog.Attr) []zap.Field {
	to = slices.Grow(to, len(attrs))
	for _, a := range attrs {
		if a.Equal(slog.Attr{}) {
			continue
		}
		a.Value = a.Value.Resolve()
		if a.Value.Kind() != slog.KindGroup {
			to = append(to, field(a))
			continue
		}
		members := fields(nil, a.Value.Group())
		switch {
		case len(members) == 0:
		case a.Key == "":
			to = append(to, members...)
		default:
			to = append(to, zap.Dict(a.Key, members...))
		}
	}
	return to
}

func field(a slog.Attr) zap.Field {
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		return zap.String(a.Key, v.String())
	case slog.KindInt64:
		return zap.Int64(a.Key, v.Int64())
	case slog.KindUint64:
		return zap.Uint64(a.Key, v.Uint64())
	case slog.KindFloat64:
		return zap.Float64(a.Key, v.Float64())
	case slog.KindBool:
		return zap.Bool(a.Key, v.Bool())
	case slog.KindDuration:
		return zap.Duration(a.Key, v.Duration())
	case slog.KindTime:
		return zap.Time(a.Key, v.Time())
	default:
		return zap.Any(a.Key, v.Any())
	}
}
