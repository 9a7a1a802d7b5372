package logging

import (
	"os"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Sink is where lines go. The zero value is standard error. Supply one to the graph
// to send them elsewhere.
type Sink struct {
	W        zapcore.WriteSyncer // need not be safe for concurrent use
	Terminal bool                // a person reads: format auto is console
	Colour   bool                // and W understands colours

	journal bool // lines begin with the priority
}

func (s Sink) orStderr() Sink {
	if s.W == nil {
		terminal := isTerminal(os.Stderr)
		return Sink{W: os.Stderr, Terminal: terminal, Colour: terminal && os.Getenv("NO_COLOR") == "", // no-color.org
			journal: isJournal(os.Stderr, os.Getenv("JOURNAL_STREAM"))}
	}
	return s
}

// isTerminal treats every character device as a terminal. For /dev/null, which is
// none, the difference does not matter.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// New returns a logger that writes to s as c says, and its level, which may be
// changed at any time. An unknown level counts as info, an unknown format as json;
// call Validate to refuse them. Nothing is buffered or sampled, so a logging call
// blocks for as long as s.W does.
func New(c Config, s Sink) (*zap.Logger, zap.AtomicLevel) {
	log, level, _ := build(c, s)
	return log, level
}

// build makes the logger, with the general level and the levels of single loggers.
func build(c Config, s Sink) (*zap.Logger, zap.AtomicLevel, *atomic.Pointer[levelTable]) {
	s = s.orStderr()
	table := &atomic.Pointer[levelTable]{}
	table.Store(tableOf(c.Levels))
	level := zap.NewAtomicLevelAt(c.level())
	encoder := zapcore.NewJSONEncoder(jsonKeys())
	if c.Format == "console" || c.Format == "auto" && s.Terminal {
		encoder = zapcore.NewConsoleEncoder(consoleKeys(s))
	}
	if s.journal {
		encoder = priority{encoder}
	}
	w := zapcore.Lock(s.W)
	core := namedCore{Core: zapcore.NewCore(encoder, w, zapcore.DebugLevel), all: level, table: table}
	return zap.New(core, zap.AddCaller(), zap.ErrorOutput(w)), level, table
}

// jsonKeys returns an encoder configuration with the keys of log/slog.
func jsonKeys() zapcore.EncoderConfig {
	return zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", NameKey: "logger", CallerKey: "caller",
		MessageKey: "msg", StacktraceKey: "stack", LineEnding: zapcore.DefaultLineEnding,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     zapcore.TimeEncoderOfLayout("2006-01-02T15:04:05.000Z07:00"),
		EncodeDuration: zapcore.SecondsDurationEncoder,
		EncodeCaller:   zapcore.ShortCallerEncoder,
	}
}

func consoleKeys(s Sink) zapcore.EncoderConfig {
	c := jsonKeys()
	c.EncodeLevel = zapcore.CapitalLevelEncoder
	c.EncodeDuration = func(d time.Duration, enc zapcore.PrimitiveArrayEncoder) {
		enc.AppendString(d.Round(time.Microsecond).String())
	}
	if s.Terminal {
		c.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
	}
	if s.Colour {
		c.EncodeLevel = zapcore.CapitalColorLevelEncoder
	}
	return c
}
