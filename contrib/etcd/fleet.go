package etcd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// The keys beside the document, below KEY.fleet/:
//
//	state             what the fleet has agreed upon, a rollout.State
//	good              the last good document, as it is
//	instances/NAME    what an instance says of itself, a rollout.Report, under a lease

func (o Options) fleetPrefix() string { return o.Key + ".fleet/" }
func (o Options) stateKey() string    { return o.fleetPrefix() + "state" }
func (o Options) goodKey() string     { return o.fleetPrefix() + "good" }
func (o Options) reportKey(name string) string {
	return o.fleetPrefix() + "instances/" + name
}

// picture is the content of etcd, as of a revision.
type picture struct {
	options  *Options
	revision int64 // of the whole store
	document document
	good     []byte
	state    rollout.State
	stateAt  int64 // the revision at which the state was written; 0 if there is none
	broken   error // why the state cannot be used
	reports  map[string]rollout.Report
	leases   map[string]clientv3.LeaseID // of the reports
	written  map[string]int64            // the revision at which they were written
}

// look reads the document and all keys beside it at once.
func (r *remote) look(ctx context.Context, c *clientv3.Client) (*picture, error) {
	res, err := c.Txn(ctx).Then(clientv3.OpGet(r.options.Key), clientv3.OpGet(r.options.fleetPrefix(), clientv3.WithPrefix())).Commit()
	if err != nil {
		return nil, err
	}
	p := &picture{options: &r.options, document: document{absent: true},
		reports: map[string]rollout.Report{}, leases: map[string]clientv3.LeaseID{}, written: map[string]int64{}}
	for _, part := range res.Responses {
		for _, kv := range part.GetResponseRange().Kvs {
			p.take(string(kv.Key), kv.Value, kv.ModRevision, clientv3.LeaseID(kv.Lease))
		}
	}
	p.revision = res.Header.Revision
	return p, nil
}

// update applies the events of a watch. Events that the picture includes already
// are skipped.
func (p *picture) update(events []*clientv3.Event) {
	for _, e := range events {
		at := e.Kv.ModRevision
		if at <= p.revision {
			continue
		}
		if e.Type == clientv3.EventTypeDelete {
			p.drop(string(e.Kv.Key))
		} else {
			p.take(string(e.Kv.Key), e.Kv.Value, at, clientv3.LeaseID(e.Kv.Lease))
		}
	}
	if n := len(events); n > 0 {
		p.revision = max(p.revision, events[n-1].Kv.ModRevision)
	}
}

func (p *picture) take(key string, value []byte, at int64, lease clientv3.LeaseID) {
	switch name, isReport := strings.CutPrefix(key, p.options.reportKey("")); {
	case key == p.options.Key:
		p.document = document{data: value, revision: at}
	case key == p.options.stateKey():
		p.state, p.stateAt = rollout.State{}, at
		p.broken = json.Unmarshal(value, &p.state)
		if p.broken == nil {
			p.broken = p.state.Check()
		}
		if p.broken != nil {
			p.broken = fmt.Errorf("%s is not understood: %w; upgrade this program, or delete the key to begin anew with the document as it is", key, p.broken)
		}
	case key == p.options.goodKey():
		p.good = value
	case isReport:
		var r rollout.Report
		p.leases[name], p.written[name] = lease, at
		if json.Unmarshal(value, &r) != nil || r.Name != name {
			delete(p.reports, name) // another release, or a person, has written it
			return
		}
		p.reports[name] = r
	}
}

func (p *picture) drop(key string) {
	switch name, isReport := strings.CutPrefix(key, p.options.reportKey("")); {
	case key == p.options.Key:
		p.document = document{absent: true}
	case key == p.options.stateKey():
		p.state, p.stateAt, p.broken = rollout.State{}, 0, nil
	case key == p.options.goodKey():
		p.good = nil
	case isReport:
		delete(p.reports, name)
		delete(p.leases, name)
		delete(p.written, name)
	}
}

// target returns the document that an instance should have, or false if etcd does
// not have it or does not say which one it is.
func (p *picture) target(name string) (document, bool) {
	want := p.state.Target(name, p.document.revision)
	switch {
	case p.broken != nil:
		return document{}, false
	case !p.document.absent && want == p.document.revision:
		return p.document, true
	case p.stateAt != 0 && want == p.state.Good && p.good != nil:
		return document{data: p.good, revision: want}, true
	}
	return document{}, false
}

// sameAsGood reports whether the document has the same text as the good one.
func (p *picture) sameAsGood() bool {
	return p.good != nil && !p.document.absent && string(p.good) == string(p.document.data)
}

// names returns those of all instances that report or should report.
func (p *picture) names() []string {
	names := slices.AppendSeq(slices.Clone(p.state.Members), maps.Keys(p.reports))
	slices.Sort(names)
	return slices.Compact(names)
}
