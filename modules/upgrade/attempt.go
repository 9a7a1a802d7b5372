package upgrade

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// attempt is one upgrade, seen from the old process. It belongs to the goroutine
// that runs the command.
type attempt struct {
	u       *Upgrader
	ctx     context.Context
	conf    Config
	program process.Program
	result  Result
	unbound func() // called when nothing else accepts from our sockets any more

	successor *successor
	answered  bool // it has sent something that this process understands
	abilities abilities
	handover  *handover
	moved     []app.Mover
	declined  bool // it has sent FAILED
	took      bool // it has answered COMMIT: the connections it has acknowledged are its own
}

func (a *attempt) enter(p Phase) {
	a.result.Phase = p
	a.u.enter(p)
	if p != Starting { // which reportStart does
		app.Progress(a.ctx, string(p))
	}
}

// lastWords is how long to wait for the end of a successor that hung up, and for
// what it may have sent before.
const lastWords = time.Second

var errLate = errors.New("no answer in time")

// await waits for a message of the successor. Everything else that can happen is an
// error: FAILED, its end, a breach of the protocol, a timeout, the end of a.ctx.
func (a *attempt) await(want wire.Kind, patience time.Duration) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	exited, silent := a.successor.proc.Exited(), (<-chan time.Time)(nil)
	for {
		select {
		case m := <-a.successor.messages:
			a.answered = true
			switch {
			case m.Kind == want:
				return a.keep(m)
			case m.Kind == wire.Failed:
				a.declined = true
				return errors.New(m.Text())
			case m.Kind == wire.Starting && want != wire.Committed:
			default:
				return fmt.Errorf("it sent %v where %v was due", m.Kind, want)
			}
		case <-a.successor.lost:
			return a.exitCause()
		case <-exited: // what it has sent before counts
			exited, silent = nil, time.After(lastWords)
		case <-silent: // a process that it has started holds the connection
			return a.exitCause()
		case <-late.C:
			return errLate
		case <-a.ctx.Done():
			return givenUp(a.ctx)
		}
	}
}

// keep stores what READY and HEALTH say.
func (a *attempt) keep(m wire.Message) error {
	switch m.Kind {
	case wire.Ready:
		var r wire.ReadyBody
		if err := m.Into(&r); err != nil {
			return err
		}
		a.abilities, a.successor.hears = readAbilities(r), r.Hears
	case wire.Health:
		var h wire.HealthBody
		if err := m.Into(&h); err != nil {
			return err
		}
		if !h.OK {
			return fmt.Errorf("it is not ready any more: %s", h.Text)
		}
	}
	return nil
}

func givenUp(ctx context.Context) error { return fmt.Errorf("given up: %w", context.Cause(ctx)) }

// exitCause returns why there is no answer from the other end of the connection.
func (a *attempt) exitCause() error {
	t := time.NewTimer(lastWords)
	defer t.Stop()
	exited, lost := a.successor.proc.Exited(), (<-chan struct{})(a.successor.lost)
	for exited != nil || lost != nil {
		select {
		case m := <-a.successor.messages:
			switch m.Kind {
			case wire.Failed:
				a.answered, a.declined = true, true
				return errors.New(m.Text())
			case wire.Committed: // it served, if only for a moment
				a.took = true
			}
		case <-exited:
			exited = nil
		case <-lost:
			if a.successor.broken != nil {
				return a.successor.broken
			}
			lost = nil
		case <-t.C:
			return errors.New("it hung up without a reason: see its log")
		}
	}
	return a.successor.proc.End()
}

// sendCause returns the cause of err, with which sending failed: the end of the
// successor if that follows within a moment.
func (a *attempt) sendCause(err error) error {
	if !errors.Is(err, errGone) && !wire.IsHangup(err) && !a.successor.proc.HasExited() {
		return err
	}
	return a.exitCause()
}
