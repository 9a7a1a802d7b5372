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

// remote is the document as the configuration sees it. Only the start, and later
// the task follow, change the offered document, and only right before a reload: so
// follow knows which document a reload has judged.
type remote struct {
	options Options
	disk    lastGood
	catalog *config.Catalog
	begun   bool     // the start has asked etcd
	beside  []string // keys similar to the one that is missing at the start

	mu       sync.Mutex // guards everything below
	offer    document
	err      error    // why no document is offered
	good     document // the last one that is, or has been, in force
	wrong    document // the start has rejected it and fallen back
	wrongWhy string
	saved    bool // the offered document is on disk
	up       bool
	reported bool  // the log says that etcd is away
	revision int64 // of the document in etcd
	contact  time.Time
	notes    []app.Note // of the start, before there is a log
	staged   progress
}

var _ config.Keeper = (*remote)(nil)

// Name implements config.Remote. It is not a URL, although it looks like one: paths
// are cleaned.
func (r *remote) Name() string { return "etcd:" + r.options.Key }

// Read returns the offered document. The first call, which is that of the start or
// of a command that does what a start would, waits for etcd.
func (r *remote) Read() ([]byte, error) {
	if !r.begun {
		r.begun = true
		if r.err == nil {
			r.begin()
			r.judge(r.catalog)
		}
	}
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

// Kept returns the document that a process of this machine has kept.
func (r *remote) Kept() ([]byte, error) {
	d, err := r.disk.load()
	return d.data, err
}

// learn takes what Read needs to judge a document.
func (r *remote) learn(c *config.Catalog) *config.Catalog {
	r.catalog = c
	return c
}

// begin decides which document the start is offered: that in etcd, or else the one
// on disk.
func (r *remote) begin() {
	if r.disk.dir == "" {
		r.warn("the last good document is not kept: a start without etcd will fail",
			errors.New("set "+r.options.prefix+"DIR, or HOME for the user's cache directory"))
	}
	good, lost := r.disk.load()
	if lost == nil {
		r.good = good
	} else if !errors.Is(lost, fs.ErrNotExist) {
		r.warn("the last good document cannot be used", lost)
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.options.StartTimeout)
	defer cancel()
	found, err := r.ask(ctx)
	if err == nil {
		r.reached(found)
		if !found.absent {
			r.offer = found
			return
		}
	}
	if err = r.useless(err); lost == nil {
		r.offer, r.saved = good, true
		r.warn("etcd had no usable document at the start: the last good one is used", err)
	} else if r.options.Optional {
		r.offer = document{absent: true}
		r.warn("etcd had no usable document at the start: there is no document", err)
	} else {
		r.err = fmt.Errorf("%w, and there is no last good document; write the key, or set Options.Optional", err)
	}
}

// useless explains why there is no document in etcd: an endpoint or the key may be
// mistyped.
func (r *remote) useless(err error) error {
	endpoints := strings.Join(r.options.Client.Endpoints, ", ")
	if err != nil {
		return fmt.Errorf("no answer from etcd at %s: %w", endpoints, err)
	}
	if len(r.beside) == 0 {
		return fmt.Errorf("etcd at %s has no key %s", endpoints, r.options.Key)
	}
	return fmt.Errorf("etcd at %s has no key %s, but %s", endpoints, r.options.Key, strings.Join(r.beside, ", "))
}

// ask reads the document over a new connection.
func (r *remote) ask(ctx context.Context) (document, error) {
	c, err := r.dial(ctx)
	if err != nil {
		return document{}, err
	}
	defer c.Close()
	d, err := r.offered(ctx, c)
	if err == nil && d.absent {
		r.beside = besides(ctx, c, r.options.Key)
	}
	return d, err
}

// offered returns the document for a start.
func (r *remote) offered(ctx context.Context, c *clientv3.Client) (document, error) {
	if !r.options.Staged.on() {
		d, _, err := r.get(ctx, c)
		return d, err
	}
	p, err := r.look(ctx, c)
	switch {
	case err != nil:
		return document{}, err
	case p.broken != nil:
		return document{}, p.broken
	}
	if p.good != nil { // to fall back to
		r.good = document{data: p.good, revision: p.state.Good}
	}
	d, ok := p.target(r.options.Staged.Instance)
	if !ok {
		if d = p.document; !d.absent {
			r.warn("etcd has lost the last good document: the newest is used", fmt.Errorf("there is no key %s", r.options.goodKey()))
		}
	}
	return d, nil
}

// besides returns a few keys in the directory of key, or below key.
func besides(ctx context.Context, c *clientv3.Client, key string) (keys []string) {
	dir := key[:strings.LastIndexByte(key, '/')+1]
	res, err := c.Get(ctx, dir, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(3))
	if err != nil || dir == "" {
		return nil
	}
	for _, kv := range res.Kvs {
		keys = append(keys, string(kv.Key))
	}
	return keys
}

func (r *remote) dial(ctx context.Context) (*clientv3.Client, error) {
	conf := r.options.Client
	conf.Context = ctx
	return clientv3.New(conf)
}

// get returns the document, and the revision of the whole store at which it was
// read.
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

// judge goes back to the last good document if the configuration is wrong with the
// one that is offered: a fleet that restarts must not go down with that.
func (r *remote) judge(c *config.Catalog) {
	if r.err != nil || r.saved || r.good.data == nil {
		return
	}
	_, problems := c.Check(context.Background())
	if len(problems) == 0 {
		return
	}
	r.mu.Lock()
	wrong := r.offer
	r.offer = r.good
	r.wrong, r.wrongWhy = wrong, problems[0].String()
	r.mu.Unlock()
	if _, still := c.Check(context.Background()); len(still) > 0 {
		r.mu.Lock()
		r.offer, r.wrong = wrong, document{} // the document is not the only problem; the start reports the others
		r.mu.Unlock()
		return
	}
	r.saved = true
	r.warn("the document in etcd is wrong: the last good one is used", errors.New(problems[0].String()))
}

// reached notes that etcd has answered.
func (r *remote) reached(d document) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up, r.contact, r.revision = true, time.Now(), d.revision
}
