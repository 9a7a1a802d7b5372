package logging

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/app"
)

// SetLevel is the command that changes the level until the setting log.level
// changes or the process ends. Its argument "level" is debug, info, warn or error;
// without it, the answer is the level in force.
const SetLevel app.Command = "log-level"

func changer(level zap.AtomicLevel) app.Handler {
	return func(_ context.Context, r app.Request) (app.Answer, error) {
		was, name := level.String(), r.Args["level"]
		to, known := levels()[name]
		switch {
		case name == "" || known && to == level.Level():
			return app.Answer{Outcome: app.OutcomeUnchanged, Text: was, Detail: was}, nil
		case !known:
			err := fmt.Errorf("unknown level %q: use debug, info, warn or error", name)
			return app.Answer{Outcome: app.OutcomeRefused, Text: err.Error()}, err
		}
		level.SetLevel(to)
		return app.Answer{Outcome: app.OutcomeDone, Text: was + " → " + name, Detail: name}, nil
	}
}
