package etcd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader"
)

// goodbyeIn is how long a process tries to give up what it holds in etcd.
const goodbyeIn = 3 * time.Second

// elector holds elections by package concurrency. Each campaign has a separate
// client, which ends with it, whatever is wrong with that client.
type elector struct {
	*remote
	app          *app.App
	task, prefix string
}

var _ leader.Elector = (*elector)(nil)

// handed is the data that a successor gets.
type handed struct {
	Lease    clientv3.LeaseID `json:"lease"`
	Key      string           `json:"key"`
	Revision int64            `json:"revision"` // at which the key was created
}

// Campaign implements leader.Elector.
func (e *elector) Campaign(ctx context.Context, from []byte) (leader.Leadership, error) {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	dialled := context.AfterFunc(ctx, cancel)
	client, err := e.dial(life)
	if dialled(); err != nil || ctx.Err() != nil {
		cancel()
		hangUp(client)
		return nil, errors.Join(err, ctx.Err())
	}
	// A candidate whose context has ended deletes its key, which may take this
	// long.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(goodbyeIn, cancel) })()
	if len(from) > 0 {
		m, err := e.resume(ctx, client, from)
		if err == nil {
			return m, nil
		}
		e.app.Note(app.Note{Level: slog.LevelWarn, Text: "the predecessor's lease is of no use: there is an election",
			Err: err, Attrs: []slog.Attr{slog.String("task", e.task)}})
	}
	m, err := e.campaign(ctx, client)
	if err != nil {
		cancel()
		hangUp(client)
		return nil, err
	}
	return m, nil
}

// campaign blocks until this process has the oldest key of the election.
func (e *elector) campaign(ctx context.Context, c *clientv3.Client) (*mandate, error) {
	sent := time.Now()
	gctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	grant, err := c.Grant(gctx, int64(math.Ceil(e.options.Lease.Seconds())))
	if err != nil {
		return nil, fmt.Errorf("ask etcd for a lease: %w", err)
	}
	m := newMandate(c, grant.ID, leader.NewTerm(sent, time.Duration(grant.TTL)*time.Second))
	tctx := clientv3.WithRequireLeader(m.term.Context(ctx))
	s, err := m.session(tctx)
	if err == nil {
		el := concurrency.NewElection(s, e.prefix)
		if err = el.Campaign(tctx, identity()); err == nil {
			err = m.take(tctx, el)
		}
	}
	if err != nil {
		m.revoke()
		return nil, fmt.Errorf("campaign below %s: %w", e.prefix, err)
	}
	return m, nil
}

// resume leads with the key of the predecessor.
func (e *elector) resume(ctx context.Context, c *clientv3.Client, from []byte) (*mandate, error) {
	var h handed
	if err := json.Unmarshal(from, &h); err != nil {
		return nil, err
	}
	sent, ttl, err := renew(ctx, c, h.Lease)
	if err != nil {
		return nil, fmt.Errorf("renew the lease %x: %w", h.Lease, err)
	}
	m := newMandate(c, h.Lease, leader.NewTerm(sent, ttl))
	tctx := m.term.Context(ctx)
	s, err := m.session(tctx)
	if err == nil {
		err = m.take(tctx, concurrency.ResumeElection(s, e.prefix, h.Key, h.Revision))
	}
	if err != nil {
		m.revoke()
		return nil, fmt.Errorf("take over the key %s: %w", h.Key, err)
	}
	return m, nil
}

// identity returns the value of the key, for people.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}
