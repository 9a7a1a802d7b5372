package logging

import (
	"log/slog"
	"sync/atomic"

	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/app"
)

// lossCounter is a sink that may break, as when a pipe has lost its reader or a
// disk is full. Lines that cannot be written are counted, and the loss is noted
// once: other sinks of the logger, the journal and the metrics go on.
type lossCounter struct {
	zapcore.WriteSyncer
	app   *app.App
	lines atomic.Int64
}

// countLosses returns s with a writer that reports losses to a.
func countLosses(a *app.App, s Sink) Sink {
	s = s.orStderr()
	w := &lossCounter{WriteSyncer: s.W, app: a}
	a.Wiring().AddMetrics(func() []app.Metric {
		return []app.Metric{{Name: "log_lines_lost_total", Help: "Lines of the log that could not be written.", Value: float64(w.lines.Load()), Total: true}}
	})
	s.W = w
	return s
}

// Write never fails: there is no place to report the error.
func (w *lossCounter) Write(line []byte) (int, error) {
	if _, err := w.WriteSyncer.Write(line); err != nil && w.lines.Add(1) == 1 && !isBrokenPipe(err) { // SIGPIPE is noted by package signals
		// On another goroutine: the caller holds the lock of the log, which renders
		// the note.
		go w.app.Note(app.Note{Level: slog.LevelWarn, Text: "the log cannot be written; lines are lost", Err: err})
	}
	return len(line), nil
}
