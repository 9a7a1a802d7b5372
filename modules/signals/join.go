package signals

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Join makes signals do to a what the table says, from the first instant of
// its start until the end of its stop; call it before anything else is added,
// since members of the phase Final end in reverse order. A table that is not
// valid makes the start fail.
//
// With a trap, signals that came before the start are dealt with then, and
// after the stop the trap has them back; its owner closes it. Without one they
// come from w. Join does not block; call it once for an a, before its start:
// two would answer every signal twice.
func Join(a *app.App, table Table, trap *Trap, w World) { join(a, table, trap, w) }

func join(a *app.App, table Table, trap *Trap, w World) *joint {
	j := &joint{app: a, table: table, given: trap, world: w}
	a.Wiring().Explain(j.settle)
	a.Add(app.Hook{Name: "signals", StartIn: app.Observe, OnStart: j.start, StopIn: app.Final, OnStop: j.stop})
	return j
}

type joint struct {
	app   *app.App
	table Table // the program's
	given *Trap
	world World
	file  *config.Value[Config] // nil if there is no section

	mu   sync.Mutex // guards desk: settle may be called at any time
	desk *desk
}

func (j *joint) start(context.Context) error {
	table, err := j.inForce()
	if err != nil {
		return err
	}
	trap := j.given
	if trap == nil {
		trap = newTrap(j.world, table.signals())
	}
	d := newDesk(j.app, table, trap)
	j.setDesk(d)
	hushed, err := trap.attach(d)
	if err != nil {
		j.setDesk(nil)
		d.end(err)
		d.work.Wait()
		return fmt.Errorf("attach the application to its signals: %w", err)
	}
	j.app.Note(app.Note{Level: slog.LevelDebug, Text: "signals", Attrs: []slog.Attr{slog.String("table", table.String())}})
	for _, sig := range hushed {
		j.app.Note(app.Note{Level: slog.LevelInfo, Text: "signal stays ignored, as the parent process (nohup) wishes",
			Attrs: []slog.Attr{slog.String("signal", app.SignalName(sig))}})
	}
	j.warnOfRun(table)
	d.settle() // a stop signal that came before ends the start here
	return nil
}

// warnOfRun tells who disarmed SIGINT or SIGTERM that fx does not know.
func (j *joint) warnOfRun(table Table) {
	if j.given != nil || j.world.Source != nil {
		return
	}
	for _, row := range table {
		if isStop(row.Signal) && row.Action != Stop && row.Action != StopNow {
			j.app.Note(app.Note{Level: slog.LevelWarn, Text: "fx's own Run stops on this signal whatever the table says; use graceful.Run",
				Attrs: []slog.Attr{slog.String("signal", app.SignalName(row.Signal)), slog.String("action", row.Action.String())}})
		}
	}
}

func (j *joint) stop(ctx context.Context) error {
	j.desk.trap.detach()
	err := j.desk.close(ctx)
	if j.given == nil {
		j.desk.trap.Close()
	}
	return err
}

func (j *joint) setDesk(d *desk) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.desk = d
}

func (j *joint) current() *desk {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.desk
}

func (j *joint) settle() {
	if d := j.current(); d != nil {
		d.settle()
	}
}
