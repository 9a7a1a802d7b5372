package upgrade

import (
	"context"
	"log/slog"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// What the new process does on messages of the old one: it takes over, or ends.

// listen handles messages of the predecessor until that is gone. It runs on one
// goroutine.
func (p *predecessor) listen() {
	defer close(p.read)
	for {
		m, err := p.conn.Receive()
		if err != nil {
			p.lost(err)
			return
		}
		p.onStep("got " + m.Kind.String())
		switch m.Kind {
		case wire.Probe:
			ok, why := p.app.Wiring().Readiness(context.Background())
			p.send(wire.Health, wire.HealthBody{OK: ok, Text: wire.OneLine(why)})
		case wire.Conns, wire.States:
			p.handed.take(m, func(a wire.AckBody) { p.acknowledge(m.Seq, a) })
		case wire.Commit:
			p.commit()
		case wire.Abort:
			p.abort(m.Text())
		case wire.Report:
			p.report(m)
		case wire.Done:
			p.handed.close()
			d, _ := m.Done() // checked on arrival
			p.done.Store(d)
		default:
			descriptor.CloseAll(m.FDs)
		}
	}
}

// acknowledge reports which connections this process has taken. If that cannot be
// sent, the predecessor is dead, and they belong to this process all the same.
func (p *predecessor) acknowledge(seq uint32, a wire.AckBody) {
	p.onStep("before ack")
	_ = p.conn.Send(wire.Ack, seq, a)
	p.onStep("after ack")
}

// commit takes over. What others can see changes only after the answer.
func (p *predecessor) commit() {
	if !p.agree() {
		return // FAILED is on its way
	}
	p.onStep("committed")
	p.handed.open()
	p.takePIDFile()
	p.sockets.unlinkUnclaimed()
}

// agree answers COMMIT, and reports whether this process is in charge now. It
// refuses if a stop has begun.
func (p *predecessor) agree() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.role != ready {
		return false
	}
	if why := p.app.Reason(); why != nil { // follow may not have reported it yet
		p.refuseLocked(why)
		return false
	}
	if err := p.pid.check(); err != nil {
		p.refuseLocked(err)
		return false
	}
	p.role = inCharge
	process.AtStart().InCharge(true) // at once: signals must not go to the replaced process
	p.send(wire.Committed, nil)
	return true
}

func (p *predecessor) takePIDFile() {
	if err := p.pid.own(); err != nil {
		p.app.Note(app.Note{Level: slog.LevelError, Text: "the PID file names a process that is gone", Err: err})
	}
}

// abort ends this process in order, since it may have connections by now.
func (p *predecessor) abort(why string) {
	if p.become(rejected) < inCharge {
		p.handed.drop()
	}
	process.AtStart().InCharge(false)
	p.pid.disown()
	p.app.Stop(app.Reason{Kind: app.Replaced, By: "predecessor", Text: "the upgrade was taken back: " + why})
}

// become changes the role and returns the one before.
func (p *predecessor) become(r role) (before role) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, p.role = p.role, r
	return before
}

// lost handles the end of the predecessor: this process is alone.
func (p *predecessor) lost(err error) {
	defer p.onStep("alone")
	p.handed.close()
	p.mu.Lock()
	before, serving := p.role, p.serving
	if before < inCharge {
		p.role = inCharge
	}
	p.mu.Unlock()

	note := p.endNote()
	switch before {
	case rejected:
		close(p.gone)
	case inCharge:
		// The predecessor has removed the file if that still named it, and may have
		// looked just before this process replaced it.
		note.Err = p.pid.reclaim()
		close(p.gone)
		p.app.Note(note)
	default:
		p.handed.open()
		note.Level, note.Err = slog.LevelWarn, err
		note.Text = "the predecessor died before it had handed over; carrying on alone"
		process.AtStart().InCharge(true)
		p.app.Note(note)
		if serving { // else the plan will do it
			p.takePIDFile()
		}
		close(p.gone)
	}
}

// endNote returns the note that the predecessor has ended, with what DONE has
// reported.
func (p *predecessor) endNote() app.Note {
	note := app.Note{Level: slog.LevelInfo, Text: "the predecessor has ended", Attrs: []slog.Attr{
		slog.Int("predecessor", p.hello.PID), slog.Int("generation", p.hello.Generation)}}
	if d := p.done.Load(); d != nil {
		note.Attrs = append(note.Attrs, slog.Int("handed", d.Handed),
			slog.Int("taken_back", d.TakenBack), slog.Int("cut", d.Cut))
		if k := p.outcome().Kept; k != nil {
			note.Attrs = append(note.Attrs, slog.Int("kept", k.Moved),
				slog.Duration("kept_pause", k.Pause), slog.Any("kept_stayed", k.Stayed))
		}
	}
	return note
}
