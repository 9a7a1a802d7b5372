package etcd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// feels puts a reading into the report. Red is a failure of the document if the
// instance was ready before it took the document.
func (f *fleet) feels(now reading) {
	switch {
	case now.green:
		f.green, f.report.Ready, f.report.Text = true, true, ""
	case now.red || !f.report.Ready:
		f.report.Ready, f.report.Text = false, now.text
	}
	s := f.seen.state
	if f.green && now.red && s.Phase == rollout.Rolling && f.report.Revision == s.Revision {
		f.fail(s.Revision, "it has turned red: "+now.text)
	}
	f.green = f.green && (f.taking || !now.red)
}

// fail reports that a document has failed. The first reason stays.
func (f *fleet) fail(revision int64, why string) {
	if f.report.Failed.Revision != revision {
		f.report.Failed = rollout.Failure{Revision: revision, Why: why}
	}
}

// say writes the report, under a lease, if etcd does not have it. A report of
// another instance with the same name stays, and so does that of a successor.
func (f *fleet) say(ctx context.Context, c *clientv3.Client) error {
	name := f.options.Staged.Instance
	f.mu.Lock()
	f.report.ID = f.id
	f.mu.Unlock()
	there, found := f.seen.reports[name]
	if f.mistaken(there, found) {
		return nil
	}
	if found && there.Generation > f.report.Generation {
		return nil
	}
	if f.alive == nil {
		if err := f.grant(ctx, c); err != nil {
			return err
		}
	}
	if f.report.At = there.At; found && f.seen.leases[name] == f.lease && there == f.report {
		return nil
	}
	f.report.At = time.Now().UTC().Round(time.Millisecond)
	err := f.put(ctx, c, name)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) { // it has ended, without an event yet
		if err = f.grant(ctx, c); err == nil {
			err = f.put(ctx, c, name)
		}
	}
	return err
}

// put writes the report, unless the one in etcd has changed since it was read.
func (f *fleet) put(ctx context.Context, c *clientv3.Client, name string) error {
	text, err := json.Marshal(f.report)
	if err != nil {
		return err
	}
	key := f.options.reportKey(name)
	res, err := answered(ctx, func(ctx context.Context) (*clientv3.TxnResponse, error) {
		return c.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key), "=", f.seen.written[name])).
			Then(clientv3.OpPut(key, string(text), clientv3.WithLease(f.lease))).Commit()
	})
	if err == nil && res.Succeeded {
		f.seen.reports[name], f.seen.leases[name], f.seen.written[name] = f.report, f.lease, res.Header.Revision
		f.saw(f.seen)
	}
	return err
}

// grant takes a lease and keeps it alive.
func (f *fleet) grant(ctx context.Context, c *clientv3.Client) error {
	seconds := max(1, int64(f.options.Staged.Lease/time.Second))
	l, err := answered(ctx, func(ctx context.Context) (*clientv3.LeaseGrantResponse, error) { return c.Grant(ctx, seconds) })
	if err != nil {
		return err
	}
	alive, err := c.KeepAlive(ctx, l.ID)
	if err != nil {
		return err
	}
	f.lease, f.alive = l.ID, alive
	return nil
}

// mistaken reports whether another instance has the same name. One that was killed
// and comes back finds its old report until its lease ends, so there is a note only
// later.
func (f *fleet) mistaken(there rollout.Report, found bool) bool {
	if !found || there.ID == f.report.ID {
		f.stranger = time.Time{}
		return false
	}
	if f.stranger.IsZero() {
		f.stranger = time.Now()
	}
	if wait := 2 * f.options.Staged.Lease; time.Since(f.stranger) > wait && f.named != there.ID {
		f.named = there.ID
		f.app.Note(app.Note{Level: slog.LevelWarn, Text: "another instance has the same name: this one gets documents only when they are good, and is not listed",
			Err:   fmt.Errorf("%s is process %d on %s as well: set %sINSTANCE to a name that no other has", there.Name, there.PID, there.Host, f.options.prefix),
			Attrs: []slog.Attr{slog.String("instance", there.Name)}})
	}
	return true
}

// leave removes this instance from the list when it stops in order, so that nothing
// waits for it. An instance whose successor continues stays on the list.
func (f *fleet) leave() {
	if r := f.app.Reason(); f.seen == nil || f.lease == 0 || !f.stranger.IsZero() || r != nil && r.Kind == app.Replaced {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveIn)
	defer cancel()
	c, err := f.dial(ctx) // the client of the rounds has ended with them
	if err != nil {
		f.stays(err)
		return
	}
	defer hangUp(c)
	for gone := false; !gone && err == nil; {
		gone, err = f.remove(ctx, c)
	}
	if err == nil {
		_, err = c.Revoke(ctx, f.lease)
	}
	if err != nil {
		f.stays(err)
	}
}

// remove deletes the report. It also writes the state, even if that is unchanged:
// an instance that is about to open a stage with this one then has to look again.
func (f *fleet) remove(ctx context.Context, c *clientv3.Client) (bool, error) {
	p, err := f.look(ctx, c)
	if err != nil || p.broken != nil || p.stateAt == 0 {
		return true, err
	}
	name := f.options.Staged.Instance
	return f.write(ctx, c, p, p.state.Leave(name), clientv3.OpDelete(f.options.reportKey(name)))
}

func (f *fleet) stays(err error) {
	f.app.Note(app.Note{Level: slog.LevelInfo, Text: "this instance stays in the list of the fleet until its lease ends", Err: err})
}

// leaveIn is how long leaving may take in a stop.
const leaveIn = 2 * time.Second
