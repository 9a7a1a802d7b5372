package signals

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
)

// dispatcher carries out the table for the signals of a trap. dispatch and its
// callees run on the trap's goroutine; they neither wait nor call the application,
// whose observers may block. Everything else runs on other goroutines.
type dispatcher struct {
	app  *app.App
	trap *Trap

	// Once attached, these belong to the trap's goroutine.
	table   Table
	workers map[os.Signal]*worker // the last one of each signal
	first   *firstStop

	ctx  context.Context // of hooks and functions; ends in Final
	end  context.CancelCauseFunc
	work sync.WaitGroup

	mu   sync.Mutex // guards busy
	busy []string   // hooks and functions that are running
}

func newDispatcher(a *app.App, table Table, trap *Trap) *dispatcher {
	d := &dispatcher{app: a, table: table, trap: trap, workers: map[os.Signal]*worker{}}
	d.ctx, d.end = context.WithCancelCause(context.Background())
	for _, row := range table {
		d.startWorker(row)
	}
	return d
}

// close joins every goroutine. Its error names the hooks that still run.
func (d *dispatcher) close(ctx context.Context) error {
	d.end(d.app.Reason())
	done := make(chan struct{})
	go func() { d.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		d.mu.Lock()
		defer d.mu.Unlock()
		return fmt.Errorf("still running: %s: %w", strings.Join(d.busy, ", "), context.Cause(ctx))
	}
}

func (d *dispatcher) dispatch(sig os.Signal) {
	i := d.table.find(sig)
	if i < 0 {
		return // caught by NewTrap, or for a row that was removed from the file
	}
	row := d.table[i]
	if sig == hangup && row.Action != Ignore && !stops(row.Action) && d.trap.terminal.gone() {
		d.stop(Row{Signal: sig, Action: Stop}, closedTerminal)
		return
	}
	switch row.Action {
	case Ignore, Default:
	case Stop, StopNow:
		d.stop(row, "")
	default:
		select {
		case d.workers[sig].wake <- struct{}{}:
		default:
		}
	}
}

func (d *dispatcher) run(row Row) {
	e := Event{Signal: row.Signal, Action: row.Action}
	for _, h := range row.Before {
		if err := d.call(d.ctx, "before", h, e); err != nil {
			d.vetoed(row, h, e, err)
			return
		}
	}
	switch act := row.Action.(type) {
	case builtin: // Hurry
		d.hurry(e)
	case command:
		// The App reports the answer, to the log as well.
		e.Answer, e.Err = d.app.Do(d.ctx, app.Request{Command: app.Command(act), By: app.SignalName(row.Signal)})
	case *function:
		if e.Err = d.call(d.ctx, "action", Hook{act.name, act.fn}, e); e.Err != nil {
			d.note(slog.LevelWarn, "signal action failed", e, e.Err, slog.String("action", act.name))
		}
	}
	d.after(row, e)
}

// vetoed reports a veto. A command gets the answer "refused", since a service
// manager that sent the signal waits for an answer.
func (d *dispatcher) vetoed(row Row, h Hook, e Event, err error) {
	if act, ok := row.Action.(command); ok {
		d.app.Wiring().Refuse(app.Request{Command: app.Command(act), By: app.SignalName(row.Signal)}, fmt.Errorf("vetoed by %q: %w", h.Name, err))
		return
	}
	d.note(slog.LevelWarn, fmt.Sprintf("%v vetoed", row.Action), e, err, slog.String("hook", h.Name))
}

func (d *dispatcher) after(row Row, e Event) {
	for _, h := range row.After {
		if err := d.call(d.ctx, "after", h, e); err != nil {
			d.note(slog.LevelWarn, "hook after signal failed", e, err, slog.String("hook", h.Name))
		}
	}
}

// call runs a user's function. A panic or Goexit in it becomes an error.
func (d *dispatcher) call(ctx context.Context, what string, h Hook, e Event) error {
	name := fmt.Sprintf("%s %q of %s", what, h.Name, app.SignalName(e.Signal))
	d.mu.Lock()
	d.busy = append(d.busy, name)
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		if i := slices.Index(d.busy, name); i >= 0 {
			d.busy = slices.Delete(d.busy, i, i+1)
		}
		d.mu.Unlock()
	}()
	return guard.Call(func() error { return h.Fn(ctx, e) })
}

func (d *dispatcher) note(level slog.Level, text string, e Event, err error, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{slog.String("signal", app.SignalName(e.Signal))}, attrs...)
	d.app.Note(app.Note{Level: level, Text: text, Err: err, Attrs: attrs})
}
