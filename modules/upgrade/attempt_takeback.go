package upgrade

import (
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
)

// takeBack restores everything as it was before and returns err.
func (a *attempt) takeBack(err error) error {
	for _, m := range a.moved {
		// Whatever a server does, no successor may be left behind.
		a.noteError("a server did not resume after a failed upgrade",
			guard.Call(func() error { m.Resume(); return nil }))
	}
	if a.handover != nil {
		if a.took {
			a.handover.settle(theirs)
		}
		a.handover.stop(err)
		a.result.Handed, a.result.TakenBack, _ = a.handover.counts()
		if a.took && a.successor.proc.HasExited() {
			a.result.Cut = a.result.Handed // nothing else had them
		}
	}
	a.successor.reject(err.Error(), a.answered, a.grace(), a.unbound)
	if a.took {
		a.noteError("the PID file names a process that is gone", a.u.pid.reclaim())
	}
	return err
}

func (a *attempt) noteError(text string, err error) {
	if err != nil {
		a.u.app.Note(app.Note{Level: slog.LevelError, Text: text, Err: err})
	}
}

// stopGrace is the time to end in order for a successor that serves nothing yet,
// when a stop waits for it.
const stopGrace = 2 * time.Second

// grace is how long a successor that is rejected may take to end.
func (a *attempt) grace() time.Duration {
	if a.u.app.Reason() != nil && a.result.Ready == 0 {
		return min(a.conf.KillAfter, stopGrace)
	}
	return a.conf.KillAfter
}
