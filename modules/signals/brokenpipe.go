package signals

import (
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/output"
)

// A write to a pipe without a reader raises SIGPIPE. If the pipe is standard output
// or error, a process that does not catch the signal dies of it (package
// os/signal), in the middle of its requests and without its hooks. If it is caught,
// only the write fails.

// catchPipe applies the row of SIGPIPE. Ignored or without a row, the signal stays
// caught; with an action it is delivered like any other; with Default it goes back
// to the system.
func (t *Trap) catchPipe(table Table) {
	i := table.find(brokenPipe)
	switch {
	case i < 0 || table[i].Action == Ignore:
	case table[i].Action == Default:
		t.env.Source.Reset(brokenPipe)
	default:
		t.env.Source.Notify(t.c, brokenPipe)
	}
}

// betweenLooks bounds the cost of SIGPIPE, which each broken connection raises.
const betweenLooks = time.Second

// watchOutput reports, once for each standard stream, that its reader is gone. It
// runs until the stop has ended.
func (d *dispatcher) watchOutput(noted *brokenStreams) {
	for {
		select {
		case <-d.trap.pipe:
		case <-d.ctx.Done():
			return
		}
		for _, name := range output.Broken() {
			if noted.add(name) {
				d.app.Note(app.Note{Level: slog.LevelWarn, Text: name + " has no reader any more: output to it is lost, and the process goes on"})
			}
		}
		pause := time.NewTimer(betweenLooks)
		select {
		case <-pause.C:
		case <-d.ctx.Done():
			pause.Stop()
			return
		}
	}
}

// brokenStreams has the standard streams that have been reported.
type brokenStreams struct{ names atomic.Pointer[[]string] }

// add reports whether name is new. Only one goroutine may call it.
func (b *brokenStreams) add(name string) bool {
	var have []string
	if p := b.names.Load(); p != nil {
		have = *p
	}
	if slices.Contains(have, name) {
		return false
	}
	next := append(slices.Clone(have), name)
	b.names.Store(&next)
	return true
}

func (b *brokenStreams) metrics() (all []app.Metric) {
	p := b.names.Load()
	for _, name := range []string{"standard output", "standard error"} {
		m := app.Metric{Name: "output_broken", Help: "1 if the standard stream has no reader any more.", Labels: []string{"stream", name}}
		if p != nil && slices.Contains(*p, name) {
			m.Value = 1
		}
		all = append(all, m)
	}
	return all
}
