package upgrade

import (
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// doneBody returns what the successor is to know of the upgrade when this process
// ends.
func (u *Upgrader) doneBody(h *handover) wire.DoneBody {
	d := wire.DoneBody{Connections: u.connections(h)}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last != nil {
		d.By, d.Took = u.last.By, u.last.Took
	}
	return d
}

// history returns the records of the upgrade that this process came from and of the
// last one that it tried itself.
func (u *Upgrader) history() (all []app.UpgradeRecord) {
	if p := u.predecessor; p != nil && p.is(inCharge) {
		s := app.UpgradeRecord{From: u.app.Generation() - 1, To: u.app.Generation(), Draining: p.alive()}
		if d := p.done.Load(); d != nil {
			s.By, s.Took, s.Connections = d.By, d.Took, p.outcome()
		}
		if w := p.waiting.Load(); w != nil && s.Draining {
			s.Waiting = *w
		}
		all = append(all, s)
	}
	if last := u.Status().Last; last != nil {
		s := app.UpgradeRecord{From: last.Generation - 1, To: last.Generation, By: last.By, Took: last.Took, Connections: &last.Connections}
		if last.Err != nil {
			s.Error = last.Err.Error()
		}
		all = append(all, s)
	}
	return all
}
