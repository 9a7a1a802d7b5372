package signals

import (
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Endless returns the rows that make a process answer signals as one of
// fvbock/endless does, for whoever has scripts that send them:
//
//	SIGHUP  → upgrade
//	SIGUSR1 → ignore
//	SIGUSR2 → hurry
//	SIGTSTP → ignore
//
// SIGINT and SIGTERM stop there as here. Reloading the configuration is left to
// the file watcher and the admin API then. Hooks of one's own, endless's PRE_ and
// POST_SIGNAL, are Before and After, on these signals as on any. For who comes
// from facebookgo/grace there is nothing to change: SIGUSR2 upgrades by default.
//
// On Windows, which has none of these signals, there are no rows.
func Endless() Table { return endless() }

// hurry cuts short a stop that is going on.
func (d *desk) hurry(e Event) {
	if d.app.Reason() == nil {
		d.note(slog.LevelInfo, "nothing to hurry: no stop is going on", e, nil)
		return
	}
	d.app.Hurry(app.Reason{Kind: app.Signalled, Signal: e.Signal, By: app.SignalName(e.Signal), At: time.Now()})
	d.note(slog.LevelWarn, "hurrying: no more waiting for clients", e, nil)
}
