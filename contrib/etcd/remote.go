package etcd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// remote is the document as the configuration sees it. What it offers is moved
// by the start and then by the task follow alone, and only right before that
// asks for a reload: so follow knows what a reload has judged.
type remote struct {
	options Options
	disk    lastGood

	mu       sync.Mutex // guards everything below
	offer    document
	err      error    // why there is nothing to offer
	good     document // the last one known to be in force or to have been
	saved    bool     // the offer is on disk
	up       bool
	reported bool  // the log says that etcd is away
	revision int64 // of the document in etcd
	contact  time.Time
	notes    []app.Note // of the start, before there is a log
}

var _ config.Remote = (*remote)(nil)

// Name is not a URL, although it looks like one: paths are cleaned.
func (r *remote) Name() string { return "etcd:" + r.options.Key }

// Read returns what is offered.
func (r *remote) Read() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
		return nil, r.err
	case r.offer.absent:
		return nil, fs.ErrNotExist
	}
	return r.offer.data, nil
}

// begin decides what the start is offered: what etcd has, or else what is kept.
func (r *remote) begin() {
	good, lost := r.disk.load()
	if lost == nil {
		r.good = good
	} else if !errors.Is(lost, fs.ErrNotExist) {
		r.warn("the last good document cannot be used", lost)
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.options.StartTimeout)
	defer cancel()
	found, err := r.ask(ctx)
	switch {
	case err == nil && !(found.absent && lost == nil):
		r.reached(found)
		r.offer = found
	case lost == nil:
		if err == nil {
			r.reached(found)
			err = fmt.Errorf("it has no key %s", r.options.Key)
		}
		r.offer, r.saved = good, true
		r.warn("etcd was of no use at the start: the last good document is used", err)
	case r.options.Optional:
		r.offer = document{absent: true}
		r.warn("etcd was of no use at the start: there is no document", err)
	default:
		r.err = fmt.Errorf("no answer from etcd at %s, and no last good document in %s: %w",
			strings.Join(r.options.Client.Endpoints, ", "), r.options.Dir, err)
	}
}

// ask reads the document through a new connection.
func (r *remote) ask(ctx context.Context) (document, error) {
	c, err := r.dial(ctx)
	if err != nil {
		return document{}, err
	}
	defer c.Close()
	d, _, err := r.get(ctx, c)
	return d, err
}

func (r *remote) dial(ctx context.Context) (*clientv3.Client, error) {
	conf := r.options.Client
	conf.Context = ctx
	return clientv3.New(conf)
}

// get returns the document, and the revision of the whole store it is as of.
func (r *remote) get(ctx context.Context, c *clientv3.Client) (document, int64, error) {
	res, err := c.Get(ctx, r.options.Key)
	if err != nil {
		return document{}, 0, err
	}
	if len(res.Kvs) == 0 {
		return document{absent: true}, res.Header.Revision, nil
	}
	return document{data: res.Kvs[0].Value, revision: res.Kvs[0].ModRevision}, res.Header.Revision, nil
}

// judge is asked before the configuration is loaded for the first time: a
// fleet that restarts must not go down with a document that is wrong.
func (r *remote) judge(c *config.Catalog) *config.Catalog {
	if r.err != nil || r.saved || r.good.data == nil {
		return c
	}
	_, problems := c.Check(context.Background())
	if len(problems) == 0 {
		return c
	}
	r.mu.Lock()
	wrong := r.offer
	r.offer = r.good
	r.mu.Unlock()
	if _, still := c.Check(context.Background()); len(still) > 0 {
		r.mu.Lock()
		r.offer = wrong // it was not the document's fault alone; let the start say so
		r.mu.Unlock()
		return c
	}
	r.saved = true
	r.warn("the document in etcd is wrong: the last good one is used", errors.New(problems[0].String()))
	return c
}

// reached notes that etcd has answered.
func (r *remote) reached(d document) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up, r.contact, r.revision = true, time.Now(), d.revision
}
