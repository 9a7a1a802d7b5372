package upgrade

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// While the new process starts, the old one asks it what it waits for: PROBE is
// answered from the first phase of a start on. A process that is still being
// constructed answers later, so at most one PROBE is on its way.

// askEvery is how often a starting successor is asked.
const askEvery = time.Second

// startProbes counts the PROBEs of a start, so that their answers are not taken for
// answers to those of the probation.
type startProbes struct {
	news chan struct{} // holds one: there is an answer

	mu   sync.Mutex // guards everything below
	out  int        // PROBEs without an answer
	text string     // the last answer
}

// ask counts a PROBE, and reports whether to send it.
func (p *startProbes) ask() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out > 0 {
		return false
	}
	p.out++
	return true
}

// answered handles HEALTH. It reports whether it answers one of these PROBEs.
func (p *startProbes) answered(m wire.Message) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == 0 {
		return false
	}
	p.out--
	var h wire.HealthBody
	if m.Into(&h) == nil {
		p.text = wire.OneLine(h.Text)
	}
	select {
	case p.news <- struct{}{}:
	default:
	}
	return true
}

func (p *startProbes) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text
}

// reportStart reports, as the progress of the command, what the successor waits
// for, until the function that it returns is called.
func (a *attempt) reportStart() (end func()) {
	stop, ended := make(chan struct{}), make(chan struct{})
	s, ctx := a.successor, a.ctx
	go func() {
		defer close(ended)
		tick := time.NewTicker(askEvery)
		defer tick.Stop()
		for {
			app.Progress(ctx, startText(s.proc.PID, a.conf.ReadyTimeout, s.starts.last()))
			select {
			case <-s.starts.news:
			case <-tick.C:
				if s.starts.ask() && s.conn.Send(wire.Probe, 0, nil) != nil {
					return // await notices
				}
			case <-stop:
				return
			}
		}
	}()
	return func() { close(stop); <-ended }
}

func startText(pid int, limit time.Duration, answer string) string {
	what := strings.TrimPrefix(answer, app.StateStarting.String()+"; ")
	if what == "" {
		what = "its constructors run"
	}
	return fmt.Sprintf("pid %d starts, within %v (upgrade.ready_timeout): %s", pid, limit, what)
}
