package etcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
	"github.com/gracefulfx/graceful/modules/config"
)

// fleet is this instance as one of many that take documents in stages. Only the
// task that follows etcd uses the fields above the mutex.
type fleet struct {
	*follower
	store *config.Store

	seen    *picture
	state   rollout.State // as seen last
	since   time.Time     // since when it is unchanged; zero: the connection was lost
	passing time.Time     // since when the members are ready; zero: they are not
	noted   string        // the last line about the rollout

	report   rollout.Report // the report of this instance
	lease    clientv3.LeaseID
	alive    <-chan *clientv3.LeaseKeepAliveResponse
	stranger time.Time // since when another instance has the same name; zero: none has
	named    string    // the id of the one that was noted

	health   health
	green    bool           // it has been ready since it was red
	all      sync.WaitGroup // of goroutines
	wants    chan wish      // to the goroutine that takes documents; holds one wish
	outcomes chan outcome   // from it
	wanted   int64          // the revision of the last wish
	retry    bool           // it was not tried
	taking   bool           // its outcome is not known yet: if the instance turns red now, it may be the cause

	mu sync.Mutex // guards id
	id string     // of this process and its successors
}

// round reads etcd and goes on from there, until the connection is lost or it is
// time to read again.
func (f *fleet) round(ctx context.Context, c *clientv3.Client) error {
	p, err := answered(ctx, func(ctx context.Context) (*picture, error) { return f.look(ctx, c) })
	if err != nil {
		return err
	}
	f.back(p.document)
	f.saw(p)
	wctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	changes := watch(wctx, c, f.options.Key, clientv3.WithPrefix(), clientv3.WithRev(p.revision+1))
	resync := time.NewTimer(f.options.Resync*9/10 + rand.N(f.options.Resync/5))
	defer resync.Stop()
	for {
		again, err := f.step(ctx, c)
		if err != nil {
			return err
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-resync.C:
			timer.Stop()
			return nil
		case <-f.health.wake:
		case out := <-f.outcomes:
			f.took(out)
		case _, ok := <-f.alive:
			if !ok {
				f.alive = nil // the lease is lost, or etcd does not answer
			}
		case res, ok := <-changes:
			if err := errors.Join(res.Err(), ended(ok)); err != nil {
				timer.Stop()
				return err
			}
			f.seen.update(res.Events)
			f.saw(f.seen)
		}
		timer.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

func ended(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("the watch ended")
}

// answered calls ask with a time limit, and an error that names the limit.
func answered[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerIn, fmt.Errorf("no answer within %v", answerIn))
	defer cancel()
	v, err := ask(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return v, err
}

// step does what is due, and returns when to do it again at the latest.
func (f *fleet) step(ctx context.Context, c *clientv3.Client) (time.Duration, error) {
	f.feels(f.health.look(ctx, &f.all))
	if err := f.say(ctx, c); err != nil {
		return 0, err
	}
	again := time.Minute
	if f.stranger.IsZero() && f.seen.broken == nil {
		after, err := f.decide(ctx, c)
		if err != nil {
			return 0, err
		}
		if after > 0 {
			again = after
		}
	}
	f.aim()
	pause := mostBetween
	if s := f.seen.state; s.Phase == rollout.Rolling {
		pause = min(time.Second, max(leastBetween, s.Plan.Soak/(redAfter+1)))
	}
	return min(again, f.health.within(pause)), nil
}

// saw makes a picture the present one.
func (f *fleet) saw(p *picture) {
	now := time.Now()
	if f.since.IsZero() || !p.state.Continues(f.state) {
		f.since, f.passing = now, time.Time{}
	}
	f.state = p.state
	switch passes := p.state.Passes(p.reports); {
	case !passes:
		f.passing = time.Time{}
	case f.passing.IsZero():
		f.passing = now
	}
	f.seen = p
	f.reached(p.document)
	f.count()
	f.tell()
}

// count stores the values of the metrics.
func (f *fleet) count() {
	s := progress{instances: len(f.seen.reports)}
	switch f.seen.state.Phase {
	case rollout.Rolling:
		s.stage = f.seen.state.Stage + 1
	case rollout.Halted:
		s.halted = 1
	}
	f.follower.mu.Lock()
	defer f.follower.mu.Unlock()
	f.staged = s
}

// lostSight resets the times since when something has been so.
func (f *fleet) lostSight() { f.since, f.passing = time.Time{}, time.Time{} }

// tell notes the state of the rollout, once for each change.
func (f *fleet) tell() {
	s := f.seen.state
	n := app.Note{Level: slog.LevelInfo, Attrs: []slog.Attr{slog.Int64("revision", s.Revision)}}
	switch {
	case f.seen.broken != nil:
		n = app.Note{Level: slog.LevelWarn, Text: "the state of the fleet is not understood: the configuration in force stays", Err: f.seen.broken}
	case s.Phase == rollout.Rolling:
		n.Text = "a new document is tried"
		n.Attrs = append(n.Attrs, slog.Int("stage", s.Stage+1), slog.Int("of", len(s.Plan.Stages)), slog.Int("members", len(s.Members)))
	case s.Phase == rollout.Halted:
		n.Level, n.Text, n.Err = slog.LevelWarn, "the new document has failed: the fleet has the last good one", errors.New(s.Why)
	case s.Phase == rollout.Steady:
		n.Text, n.Attrs = "the document is good", []slog.Attr{slog.Int64("revision", s.Good)}
	}
	line := fmt.Sprint(n.Text, n.Attrs, n.Err)
	if f.noted == "" && s.Phase == rollout.Steady || n.Text == "" {
		f.noted = cmp.Or(f.noted, line) // it was so before this instance joined
		return
	}
	if line != f.noted {
		f.noted = line
		f.app.Note(n)
	}
}

func newFleet(f *follower, store *config.Store) *fleet {
	x := &fleet{follower: f, store: store, id: newID(), health: health{app: f.app, wake: make(chan struct{}, 1)},
		wants: make(chan wish, 1), outcomes: make(chan outcome)}
	f.app.Wiring().AddHistory("etcd", x.history())
	return x
}
