package upgrade

import (
	"time"

	"github.com/gracefulfx/graceful/app"
)

// farewell is what DONE says, so that the successor can tell what it came from.
type farewell struct {
	Connections
	By   string        `json:"by,omitempty"`
	Took time.Duration `json:"took_ns,omitempty"`
}

// farewell is called when the upgrade has ended.
func (u *Upgrader) farewell(to *ferry) farewell {
	f := farewell{Connections: u.connections(to)}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last != nil {
		f.By, f.Took = u.last.By, u.last.Took
	}
	return f
}

// successions tells others of this process what came of upgrades.
func (u *Upgrader) successions() (all []app.Succession) {
	if u.heir != nil && u.heir.is(incharge) {
		s := app.Succession{From: u.app.Generation() - 1, To: u.app.Generation(), Draining: !closed(u.heir.gone)}
		if f := u.heir.lastWord.Load(); f != nil {
			s.By, s.Took, s.Moved = f.By, f.Took, moved(f.Connections)
		}
		all = append(all, s)
	}
	if last := u.Status().Last; last != nil {
		s := app.Succession{From: last.Generation - 1, To: last.Generation, By: last.By, Took: last.Took, Moved: moved(last.Connections)}
		if last.Err != nil {
			s.Error = last.Err.Error()
		}
		all = append(all, s)
	}
	return all
}

func moved(c Connections) *app.Moved {
	return &app.Moved{Handed: c.Handed, TakenBack: c.TakenBack, Cut: c.Cut}
}
