package logging

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/app"
)

func TestLevelCommand(t *testing.T) {
	t.Parallel()
	level := zap.NewAtomicLevel()
	for _, c := range []struct {
		arg  string
		want app.Outcome
		then zapcore.Level
	}{
		{"", app.OutcomeUnchanged, zapcore.InfoLevel},
		{"info", app.OutcomeUnchanged, zapcore.InfoLevel},
		{"loud", app.OutcomeRefused, zapcore.InfoLevel},
		{"debug", app.OutcomeDone, zapcore.DebugLevel},
	} {
		ans, err := changer(level)(t.Context(), app.Request{Command: SetLevel, Args: map[string]string{"level": c.arg}})
		if ans.Outcome != c.want || level.Level() != c.then || (err != nil) != (c.want == app.OutcomeRefused) {
			t.Errorf("%q: got %+v, %v, level %v; want %v, level %v", c.arg, ans, err, level, c.want, c.then)
		}
	}
}
