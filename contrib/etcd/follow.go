package etcd

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gracefulfx/graceful/app"
)

const (
	answerIn   = 5 * time.Second // for one read
	firstPause = 500 * time.Millisecond
	mostPause  = 30 * time.Second
)

// follower is the task that follows etcd.
type follower struct {
	*remote
	app   *app.App
	again chan struct{} // another caller's reload was good; holds one
	fleet *fleet        // nil if documents do not come in stages
}

// run reads, watches, and begins again when the watch ends, for whatever reason: a
// lost leader, a compacted revision, a dead connection. Only ctx ends it.
func (f *follower) run(ctx context.Context) error {
	select {
	case <-f.app.Ready():
	case <-ctx.Done():
		return nil
	}
	f.ready(ctx)
	if f.fleet != nil {
		var end func()
		ctx, end = f.fleet.begin(ctx)
		defer end()
	}
	var c *clientv3.Client
	defer func() {
		if f.fleet != nil {
			f.fleet.leave()
		}
		hangUp(c)
	}()
	pause := firstPause
	for ctx.Err() == nil {
		var err error
		if c == nil { // including a login, if there is one
			c, err = f.dial(ctx)
		}
		if err == nil {
			err = f.round(ctx, c)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err == nil || errors.Is(err, rpctypes.ErrCompacted) {
			pause = firstPause
			continue
		}
		f.lost(err)
		if refused(err) { // the login of the client is no longer valid
			hangUp(c)
			c = nil
		}
		select {
		case <-time.After(pause/2 + rand.N(pause)): // a fleet must not retry in step
		case <-ctx.Done():
		}
		pause = min(2*pause, mostPause)
	}
	return nil
}

func hangUp(c *clientv3.Client) {
	if c != nil {
		_ = c.Close() // an error here helps no caller
	}
}

// refused reports whether etcd rejects the user or its token.
func refused(err error) bool {
	code := status.Code(err)
	var e rpctypes.EtcdError
	if errors.As(err, &e) {
		code = e.Code()
	}
	return code == codes.Unauthenticated || code == codes.PermissionDenied || errors.Is(err, rpctypes.ErrAuthFailed)
}

// ready logs the notes of the start, and keeps the document of the start.
func (f *follower) ready(ctx context.Context) {
	f.mu.Lock()
	notes, d, saved := f.notes, f.offer, f.saved
	f.notes = nil
	f.mu.Unlock()
	for _, n := range notes {
		f.app.Note(n)
	}
	if !saved && !d.absent {
		f.keep(d)
	}
}

// round reads the document and watches it until the watch ends.
func (f *follower) round(ctx context.Context, c *clientv3.Client) error {
	if f.fleet != nil {
		return f.fleet.round(ctx, c)
	}
	revision := int64(0)
	d, err := answered(ctx, func(ctx context.Context) (d document, err error) { d, revision, err = f.get(ctx, c); return d, err })
	if err != nil {
		return err
	}
	f.found(ctx, d)
	return f.watch(ctx, c, revision+1)
}

// watch returns nil when it is time to read again.
func (f *follower) watch(ctx context.Context, c *clientv3.Client, from int64) error {
	wctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	changes := watch(wctx, c, f.options.Key, clientv3.WithRev(from))
	resync := time.NewTimer(f.options.Resync*9/10 + rand.N(f.options.Resync/5))
	defer resync.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-resync.C:
			return nil
		case <-f.again:
			f.reload(ctx)
		case res, ok := <-changes:
			if !ok {
				return errors.New("the watch ended")
			}
			if err := res.Err(); err != nil {
				return err
			}
			if n := len(res.Events); n > 0 { // of several changes only the last one matters
				kv := res.Events[n-1].Kv
				f.found(ctx, document{data: kv.Value, revision: kv.ModRevision, absent: res.Events[n-1].Type == clientv3.EventTypeDelete})
			}
		}
	}
}

// found is called with the present document of etcd.
func (f *follower) found(ctx context.Context, d document) {
	f.back(d)
	f.mu.Lock()
	news := f.err != nil || !d.same(f.offer)
	if news {
		f.offer, f.err, f.saved = d, nil, false
	}
	f.mu.Unlock()
	if news {
		f.reload(ctx)
	}
}

// back is called when etcd has answered with d.
func (f *follower) back(d document) {
	f.mu.Lock()
	back := f.reported
	f.reported = false
	f.mu.Unlock()
	f.reached(d)
	if back {
		f.app.Note(app.Note{Level: slog.LevelInfo, Text: "etcd answers again"})
	}
}

// reload loads the offered document, and keeps it on disk if it is good.
func (f *follower) reload(ctx context.Context) {
	f.mu.Lock()
	d, saved := f.offer, f.saved
	f.mu.Unlock()
	if saved {
		return
	}
	_, err := f.app.Do(ctx, app.Request{Command: app.Reload, By: trigger}) // the answer is an event
	if err == nil && !d.absent {
		f.keep(d)
	}
}

// trigger names the trigger of a reload that this package requests.
const trigger = "etcd"

// observe wakes the task when the reload of another caller was good: then the
// offered document is in force although our reload was refused or vetoed.
func (f *follower) observe(e app.Event) {
	if c, ok := e.(app.CommandEnded); ok && c.Err == nil && c.Answer.Command == app.Reload && c.Answer.By != trigger {
		select {
		case f.again <- struct{}{}:
		default:
		}
	}
}

// keep saves d, which is in force, on disk.
func (f *follower) keep(d document) {
	err := f.disk.save(d)
	f.mu.Lock()
	f.saved, f.good = true, d
	f.mu.Unlock()
	if err != nil {
		f.app.Note(app.Note{Level: slog.LevelWarn, Text: "the last good document cannot be kept: a start without etcd will use an older one or fail", Err: err})
	}
}

// lost notes, once, that etcd is away.
func (f *follower) lost(err error) {
	f.mu.Lock()
	first := !f.reported
	f.up, f.reported = false, true
	f.mu.Unlock()
	if f.fleet != nil {
		f.fleet.lostSight()
	}
	if first {
		f.app.Note(app.Note{Level: slog.LevelWarn, Text: "etcd does not answer: the configuration in force stays", Err: err})
	}
}
