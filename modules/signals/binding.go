package signals

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Join makes a answer signals as the table says, from the first instant of its
// start until the end of its stop. Call it before anything else is added, since
// members of the phase Final end in reverse order. A table that is not valid makes
// the start fail.
//
// With a trap, signals that came before the start are answered at the start, and
// after the stop the trap answers signals again; its owner closes it. Without a
// trap, signals come from w. Join does not block. Call it once for each a, before
// its start: two calls would answer every signal twice.
func Join(a *app.App, table Table, trap *Trap, w Env) { join(a, table, trap, w) }

func join(a *app.App, table Table, trap *Trap, w Env) *binding {
	b := &binding{app: a, table: table, given: trap, env: w}
	a.Wiring().BeforeFxStop(b.flushPending)
	a.Wiring().AddMetrics(b.broken.metrics)
	a.Add(app.Hook{Name: "signals", StartIn: app.Observability, OnStart: b.start, StopIn: app.Final, OnStop: b.stop})
	return b
}

type binding struct {
	app    *app.App
	table  Table // the program's
	given  *Trap
	env    Env
	file   *config.Value[Config] // nil if there is no section
	broken brokenStreams

	mu         sync.Mutex // guards dispatcher: flushPending may be called at any time
	dispatcher *dispatcher
}

func (b *binding) start(context.Context) error {
	table, err := b.inForce()
	if err != nil {
		return err
	}
	trap := b.given
	if trap == nil {
		trap = newTrap(b.env, table.signals())
	}
	d := newDispatcher(b.app, table, trap)
	b.setDispatcher(d)
	ignored, err := trap.attach(d)
	if err != nil {
		b.setDispatcher(nil)
		d.end(err)
		d.work.Wait()
		return fmt.Errorf("attach the application to its signals: %w", err)
	}
	b.app.Note(app.Note{Level: slog.LevelDebug, Text: "signals", Attrs: []slog.Attr{slog.String("table", table.String())}})
	for _, sig := range ignored {
		b.app.Note(app.Note{Level: slog.LevelInfo, Text: "signal stays ignored, as the parent process (nohup) wishes",
			Attrs: []slog.Attr{slog.String("signal", app.SignalName(sig))}})
	}
	if i := table.find(brokenPipe); i >= 0 && table[i].Action == Ignore {
		d.work.Go(func() { d.watchOutput(&b.broken) })
	}
	b.warnOfRun(table)
	d.flushPending() // a stop signal that came earlier ends the start here
	return nil
}

// warnOfRun warns if the table disarms SIGINT or SIGTERM, which fx's Run catches.
func (b *binding) warnOfRun(table Table) {
	if b.given != nil || b.env.Source != nil {
		return
	}
	for _, row := range table {
		if isStop(row.Signal) && row.Action != Stop && row.Action != StopNow {
			b.app.Note(app.Note{Level: slog.LevelWarn, Text: "fx's own Run stops on this signal whatever the table says; use graceful.Run",
				Attrs: []slog.Attr{slog.String("signal", app.SignalName(row.Signal)), slog.String("action", row.Action.String())}})
		}
	}
}

func (b *binding) stop(ctx context.Context) error {
	b.dispatcher.trap.detach()
	err := b.dispatcher.close(ctx)
	if b.given == nil {
		b.dispatcher.trap.Close()
	}
	return err
}

func (b *binding) setDispatcher(d *dispatcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dispatcher = d
}

func (b *binding) current() *dispatcher {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dispatcher
}

func (b *binding) flushPending() {
	if d := b.current(); d != nil {
		d.flushPending()
	}
}
