package logging

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
	"github.com/gracefulfx/graceful/internal/output"
)

// Render writes a line to log for every event of a from now on, and flushes log
// when a has ended. It does not block.
func Render(a *app.App, log *zap.Logger) { a.Observe(newRenderer(a, log).event) }

type renderer struct {
	app    *app.App
	log    *zap.Logger
	stderr io.Writer
	causes []error // of the latest failures that were written; only touched by event
}

func newRenderer(a *app.App, log *zap.Logger) *renderer {
	// Caller and stack would always be this package's.
	never := zap.LevelEnablerFunc(func(zapcore.Level) bool { return false })
	return &renderer{app: a, log: log.WithOptions(zap.WithCaller(false), zap.AddStacktrace(never)), stderr: output.Bounded(os.Stderr)}
}

func (r *renderer) event(e app.Event) {
	switch e := e.(type) {
	case app.StateChanged:
		r.log.Debug("state", zap.Stringer("from", e.From), zap.Stringer("to", e.To))
	case app.StopRequested:
		r.stop(e)
	case app.StepEnded:
		r.step(e.Step)
	case app.CommandEnded:
		r.command(e)
	case app.TaskEnded:
		r.task(e)
	case app.Noted:
		n := e.Note
		r.write(zapLevel(n.Level), n.Text, guard.Stack(n.Err), fields([]zap.Field{zap.Error(n.Err)}, n.Attrs)...)
	case app.Warned:
		r.write(zapcore.WarnLevel, e.Text, guard.Stack(e.Err), zap.Error(e.Err))
	case app.Ended:
		r.ended(e.Report)
	}
}

// write writes a line with the stack, if there is one.
func (r *renderer) write(level zapcore.Level, text, stack string, fs ...zap.Field) {
	if line := r.log.Check(level, text); line != nil {
		line.Stack = stack
		line.Write(fs...)
	}
}

// stop renders a request to stop. Only the first one matters; later ones are in the
// report, but a failure among them must be seen.
func (r *renderer) stop(e app.StopRequested) {
	level, text := zapcore.InfoLevel, "stopping"
	failed := e.Reason.Failed()
	switch {
	case e.First && failed:
		level = zapcore.ErrorLevel
	case failed:
		level, text = zapcore.WarnLevel, "stop requested again"
	case !e.First:
		level, text = zapcore.DebugLevel, "stop requested again"
	}
	fs := []zap.Field{zap.Stringer("reason", e.Reason.Kind)}
	if e.Reason.By != "" {
		fs = append(fs, zap.String("by", e.Reason.By))
	}
	if e.Reason.Text != "" {
		fs = append(fs, zap.String("text", e.Reason.Text))
	}
	if e.First && e.Reason.Kind == app.Signalled {
		fs = append(fs, zap.String("hint", "again to hurry, a third time to exit at once"))
	}
	if !r.written(e.Reason) {
		fs = append(fs, zap.Error(e.Reason.Err))
	}
	r.log.Log(level, text, fs...)
}

// written reports whether the cause of a stop is already in the log, in the line of
// the step or task that failed. Later lines need not repeat it.
func (r *renderer) written(reason *app.Reason) bool {
	return reason != nil && slices.ContainsFunc(r.causes, func(err error) bool { return errors.Is(reason, err) })
}

func (r *renderer) step(s app.Step) {
	level, text := zapcore.DebugLevel, "step"
	switch {
	case s.Outcome != app.OutcomeDone && r.stoppedMidway(s):
		text = "step ended by the stop"
	case s.Outcome != app.OutcomeDone:
		level, text = zapcore.ErrorLevel, "step "+string(s.Outcome)
	case s.Slow:
		level, text = zapcore.WarnLevel, "step was slow"
	}
	line := r.log.Check(level, text)
	if line == nil {
		return
	}
	if level == zapcore.ErrorLevel {
		r.failed(s.Err)
		line.Stack = cmp.Or(s.Stack, guard.Stack(s.Err))
	}
	fs := []zap.Field{zap.String("way", s.Way), zap.Stringer("phase", s.Phase), zap.String("step", s.Name)}
	if s.Source != "" {
		fs = append(fs, zap.String("source", s.Source))
	}
	fs = append(fs, zap.Duration("took", s.Took), zap.Error(s.Err))
	line.Write(append(fs, metrics(s.Counts)...)...)
}

// causesKept bounds the causes: optional tasks may fail any number of times in a
// long run, and the stop that a failure causes follows it at once.
const causesKept = 32

// failed remembers the cause of a failure that is being written.
func (r *renderer) failed(err error) {
	if err == nil || !r.log.Core().Enabled(zapcore.ErrorLevel) {
		return
	}
	if r.causes = append(r.causes, err); len(r.causes) > causesKept {
		r.causes = slices.Delete(r.causes, 0, 1)
	}
}

// stoppedMidway reports whether s is a start hook that a stop ended as it should:
// the hook returned because its context was cancelled.
func (r *renderer) stoppedMidway(s app.Step) bool {
	reason := r.app.Reason()
	return s.Way == "up" && s.Outcome == app.OutcomeFailed && reason != nil &&
		(errors.Is(s.Err, reason) || errors.Is(s.Err, context.Canceled))
}

func (r *renderer) command(e app.CommandEnded) {
	level := zapcore.WarnLevel
	if e.Answer.Outcome == app.OutcomeDone || e.Answer.Outcome == app.OutcomeUnchanged {
		level = zapcore.InfoLevel
	}
	r.write(level, string(e.Answer.Command)+" "+string(e.Answer.Outcome), guard.Stack(e.Err),
		zap.String("by", e.Answer.By),
		zap.String("text", e.Answer.Text), // also for an error, on one line
		zap.Duration("took", e.Answer.Took))
}

func (r *renderer) task(e app.TaskEnded) {
	fs := []zap.Field{zap.String("task", e.Name), zap.Error(e.Err)}
	switch {
	case e.Err == nil:
		r.log.Debug("task done", fs...)
	case e.RestartIn >= 0:
		r.write(zapcore.WarnLevel, "task failed and will be restarted", guard.Stack(e.Err), append(fs, zap.Duration("in", e.RestartIn), zap.Float64("failures", e.Failures))...)
	default:
		r.failed(e.Err)
		r.write(zapcore.ErrorLevel, "task failed", guard.Stack(e.Err), fs...)
	}
}

// ended renders the one line that sums up the whole run.
func (r *renderer) ended(report app.Report) {
	level := zapcore.InfoLevel
	if report.Code != 0 || report.State == app.StateFailed {
		level = zapcore.ErrorLevel
	}
	fs := []zap.Field{zap.Int("code", report.Code), zap.Duration("took", report.Down)}
	line := report
	if r.written(report.Reason) {
		brief := *report.Reason
		brief.Err = nil
		line.Reason = &brief
	}
	r.log.Log(level, line.String(), append(fs, metrics(report.Counts())...)...)
	if level == zapcore.ErrorLevel && !r.log.Core().Enabled(level) {
		// The log is off; that the process failed, and why, must still be seen.
		fmt.Fprintf(r.stderr, "%s: %s\n", report.App, report)
	}
	if err := r.log.Sync(); err != nil && !errors.Is(err, os.ErrClosed) && !cannotSync(err) {
		r.log.Warn("flush the log", zap.Error(err))
	}
}

// metrics returns the counts as fields, without those that are 0.
func metrics(counts map[string]int64) (fs []zap.Field) {
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if counts[k] != 0 {
			fs = append(fs, zap.Int64(k, counts[k]))
		}
	}
	return fs
}
