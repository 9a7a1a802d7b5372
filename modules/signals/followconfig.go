package signals

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// followConfig overlays the program's table with the section: at the start, and at
// each reload that changes it. A nil value means that there is no section.
func (b *binding) followConfig(v *config.Value[Config]) {
	if v == nil {
		return
	}
	b.file = v
	config.OnReload(v, "signals", func(_ context.Context, c config.Change[Config]) (config.Tx, error) {
		table, err := c.New.overlay(b.table, b.app.Wiring().CheckHandled)
		return config.Tx{Commit: func() { b.setTable(table) }}, err
	})
}

// inForce returns the table at the start.
func (b *binding) inForce() (Table, error) {
	if b.file == nil {
		return b.table.With()
	}
	table, err := b.file.Get().overlay(b.table, b.app.Wiring().CheckHandled)
	if err != nil {
		return nil, fmt.Errorf("section signals: %w", err)
	}
	return table, nil
}

// setTable puts another table into force. Each signal is answered by one of the two
// tables, and in between none is lost and none kills the process: new signals are
// caught first, and the trap does one thing at a time.
func (b *binding) setTable(table Table) {
	d := b.current()
	if d == nil {
		return // before the start, which reads the section itself
	}
	d.trap.do(func() {
		if d.trap.dispatcher == d { // else the stop has ended
			d.trap.catch(table.signals())
			d.setTable(table)
		}
	})
	b.app.Note(app.Note{Level: slog.LevelDebug, Text: "signals", Attrs: []slog.Attr{slog.String("table", table.String())}})
}
