package upgrade

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// What the new process learns of the old one besides its connections: its history,
// and what it waits for while it drains. It is sent only to a new process that asks
// for it in READY.

// reportEvery is how often the old process reports what it waits for.
const reportEvery = time.Second

// sendHistories sends the histories of the parts of this process. It is best
// effort: nothing depends on them.
func (u *Upgrader) sendHistories(s *successor) {
	if !s.hears {
		return
	}
	for part, h := range u.app.Wiring().Histories() {
		var b []byte
		err := guard.Call(func() error { b = h.Save(); return nil })
		switch {
		case err != nil:
			u.app.Note(app.Note{Level: slog.LevelWarn, Text: "history cannot go to the new process", Err: err, Attrs: []slog.Attr{slog.String("part", part)}})
		case len(b) > 0 && len(b) <= app.MaxHistory:
			_ = s.conn.Send(wire.Report, 0, wire.ReportBody{Part: part, History: b})
		}
	}
}

// reportDrain reports to the new process what this one waits for, until it leaves.
func (u *Upgrader) reportDrain() {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-u.leaving:
			return
		}
		u.mu.Lock()
		s := u.successor
		u.mu.Unlock()
		if s == nil || !s.hears {
			continue
		}
		if s.conn.Send(wire.Report, 0, wire.ReportBody{Waiting: waitingFor(u.app)}) != nil {
			return
		}
	}
}

// mostInFlight is how many requests are counted, since each is looked up.
const mostInFlight = 1000

// waitingFor returns the answer to "why is the old process still there?".
func waitingFor(a *app.App) string {
	var parts []string
	for _, h := range a.Wiring().RunningHooks() {
		parts = append(parts, fmt.Sprintf("%v %s for %s", h.Phase, h.Name, seconds(time.Since(h.Began))))
	}
	if all := a.Wiring().InFlight(mostInFlight); len(all) > 0 {
		r := all[0]
		where := r.Route
		if where == "" {
			where = r.Path
		}
		parts = append(parts, fmt.Sprintf("%d in flight (oldest %s %s %s)", len(all), seconds(r.For), r.Method, strings.TrimPrefix(where, r.Method+" ")))
	}
	if open := openConnections(a); open != "" {
		parts = append(parts, "connections: "+open)
	}
	if left := time.Until(a.StopDeadline()); left > 0 {
		parts = append(parts, "at most "+seconds(left)+" more")
	}
	return strings.Join(parts, "; ")
}

// openConnections returns how many connections servers have, by state, such as
// "2 new, 1 active".
func openConnections(a *app.App) string {
	var states []string
	n := map[string]float64{}
	for _, m := range a.Wiring().Metrics() {
		if m.Name != "http_connections" || m.Value == 0 || len(m.Labels) == 0 { // perhaps of another module
			continue
		}
		state := m.Labels[len(m.Labels)-1]
		if n[state] == 0 {
			states = append(states, state)
		}
		n[state] += m.Value
	}
	for i, state := range states {
		states[i] = fmt.Sprintf("%.0f %s", n[state], state)
	}
	return strings.Join(states, ", ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// report handles REPORT of the old process.
func (p *predecessor) report(m wire.Message) {
	var r wire.ReportBody
	if err := m.Into(&r); err != nil { // checked on arrival
		return
	}
	if r.Part == "" {
		text := wire.OneLine(r.Waiting)
		p.waiting.Store(&text)
		return
	}
	h, ok := p.app.Wiring().Histories()[r.Part]
	if !ok || len(r.History) > app.MaxHistory {
		return
	}
	if err := guard.Call(func() error { h.Load(r.History); return nil }); err != nil {
		p.app.Note(app.Note{Level: slog.LevelWarn, Text: "the history of the predecessor is not understood", Err: err, Attrs: []slog.Attr{slog.String("part", r.Part)}})
	}
}

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
