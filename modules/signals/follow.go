package signals

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// follow lays the section over the table of the program: at start, and whenever
// it changes, as a part of that reload. A nil value is no section.
func (j *joint) follow(v *config.Value[Config]) {
	if v == nil {
		return
	}
	j.file = v
	config.OnReload(v, "signals", func(_ context.Context, c config.Change[Config]) (config.Tx, error) {
		table, err := c.New.over(j.table, j.app.Wiring().Handles)
		return config.Tx{Commit: func() { j.change(table) }}, err
	})
}

// inForce is the table that a start begins with.
func (j *joint) inForce() (Table, error) {
	if j.file == nil {
		return j.table.With()
	}
	table, err := j.file.Get().over(j.table, j.app.Wiring().Handles)
	if err != nil {
		return nil, fmt.Errorf("section signals: %w", err)
	}
	return table, nil
}

// change puts another table into force. Every signal is dealt with by one of
// the two, whole, and none is lost or kills the process in between: those that
// are new are caught before, and the trap takes one thing at a time.
func (j *joint) change(table Table) {
	d := j.current()
	if d == nil {
		return // not started yet: start reads the section itself
	}
	d.trap.do(func() {
		if d.trap.desk == d { // else the stop has come to its end
			d.trap.catch(table.signals())
			d.use(table)
		}
	})
	j.app.Note(app.Note{Level: slog.LevelDebug, Text: "signals", Attrs: []slog.Attr{slog.String("table", table.String())}})
}
