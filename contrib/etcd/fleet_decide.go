package etcd

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// decide takes the fleet to the next state if it is time, and returns when to call
// it again if nothing else happens; 0 means never.
func (f *fleet) decide(ctx context.Context, c *clientv3.Client) (time.Duration, error) {
	_, changed, after := rollout.Next(f.seen.state, f.world())
	if !changed {
		return after, nil
	}
	// The events of a watch may be out of date: an instance that was paused must
	// not judge by them.
	p, err := answered(ctx, func(ctx context.Context) (*picture, error) { return f.look(ctx, c) })
	if err != nil {
		return 0, err
	}
	f.saw(p)
	next, changed, after := rollout.Next(p.state, f.world())
	if !changed || p.broken != nil {
		return after, nil
	}
	if _, err := f.write(ctx, c, p, next); err != nil {
		return 0, err
	}
	return 50*time.Millisecond + rand.N(50*time.Millisecond), nil // until the watch reports it
}

func (f *fleet) world() rollout.World {
	w := rollout.World{Document: f.seen.document.revision, SameAsGood: f.seen.sameAsGood(), Reports: f.seen.reports,
		Open: time.Since(f.since), Plan: f.options.Staged.plan()}
	if !f.passing.IsZero() {
		w.Passing = time.Since(f.passing)
	}
	return w
}

// write replaces the state of p, unless another instance was faster. A step forward
// also requires that no report is newer than those of p.
func (f *fleet) write(ctx context.Context, c *clientv3.Client, p *picture, next rollout.State, also ...clientv3.Op) (bool, error) {
	text, err := json.Marshal(next)
	if err != nil {
		return false, err
	}
	conditions := []clientv3.Cmp{
		clientv3.Compare(clientv3.ModRevision(f.options.stateKey()), "=", p.stateAt),
		clientv3.Compare(clientv3.ModRevision(f.options.Key), "=", p.document.revision),
	}
	if next.Phase != rollout.Halted {
		conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(f.options.fleetPrefix()).WithPrefix(), "<", p.revision+1))
	}
	puts := append(also, clientv3.OpPut(f.options.stateKey(), string(text)))
	if next.Phase == rollout.Steady && next.Good == p.document.revision && !p.sameAsGood() {
		puts = append(puts, clientv3.OpPut(f.options.goodKey(), string(p.document.data)))
	}
	res, err := answered(ctx, func(ctx context.Context) (*clientv3.TxnResponse, error) {
		return c.Txn(ctx).If(conditions...).Then(puts...).Commit()
	})
	if err != nil {
		return false, err
	}
	return res.Succeeded, nil
}
