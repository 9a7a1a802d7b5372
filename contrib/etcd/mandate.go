package etcd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/gracefulfx/graceful/modules/leader"
)

// mandate is a lease, with the key of an election that it holds.
//
// It is renewed here and not by the session of package concurrency: a term counts
// from the moment when a renewal was sent, which a session does not report, and a
// session would go on renewing when the term is over by the clock.
type mandate struct {
	client *clientv3.Client
	lease  clientv3.LeaseID
	term   *leader.Term
	held   atomic.Pointer[handed] // nil: a candidate

	stop   context.CancelFunc // ends renewals
	keeper sync.WaitGroup
}

var _ leader.Leadership = (*mandate)(nil)

func newMandate(c *clientv3.Client, lease clientv3.LeaseID, term *leader.Term) *mandate {
	ctx, stop := context.WithCancel(c.Ctx())
	m := &mandate{client: c, lease: lease, term: term, stop: stop}
	m.keeper.Go(func() { m.keep(term.Context(ctx), term.Lasts()/5) })
	return m
}

// session returns a session that does not renew the lease.
func (m *mandate) session(ctx context.Context) (*concurrency.Session, error) {
	s, err := concurrency.NewSession(m.client, concurrency.WithLease(m.lease), concurrency.WithContext(ctx))
	if err == nil && s == nil {
		err = errors.New("the client is closed")
	}
	if err != nil {
		return nil, err
	}
	s.Orphan()
	return s, nil
}

// take verifies that the key still exists, which Campaign does not, and gives it a
// new revision: the token. It only grows, since later leaders get theirs later.
func (m *mandate) take(ctx context.Context, e *concurrency.Election) error {
	if err := e.Proclaim(ctx, identity()); err != nil {
		return err
	}
	m.held.Store(&handed{Lease: m.lease, Key: e.Key(), Revision: e.Rev()})
	m.term.Key, m.term.Token = e.Key(), e.Header().Revision
	return m.term.Err()
}

// keep renews the lease until ctx, which is also that of the term, ends.
func (m *mandate) keep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		sent, _, err := renew(ctx, m.client, m.lease)
		if err == nil {
			m.term.Renewed(sent)
			err = m.check(ctx)
		} else if errors.Is(err, rpctypes.ErrLeaseNotFound) {
			err = fmt.Errorf("%w: the lease has run out, or was revoked", leader.ErrLost)
		}
		if errors.Is(err, leader.ErrLost) {
			m.term.End(err)
			return
		}
	}
}

// check returns an error that wraps ErrLost if the key was deleted, for example by
// a person.
func (m *mandate) check(ctx context.Context) error {
	held := m.held.Load()
	if held == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	res, err := m.client.Get(ctx, held.Key, clientv3.WithKeysOnly())
	if err == nil && (len(res.Kvs) == 0 || res.Kvs[0].CreateRevision != held.Revision) {
		return fmt.Errorf("%w: the key %s was deleted", leader.ErrLost, held.Key)
	}
	return err
}

// renew sends one request: KeepAliveOnce of the client would repeat a failed one
// without a pause.
func renew(ctx context.Context, c *clientv3.Client, id clientv3.LeaseID) (sent time.Time, ttl time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	stream, err := pb.NewLeaseClient(c.ActiveConnection()).LeaseKeepAlive(ctx)
	if err != nil {
		return sent, 0, err
	}
	sent = time.Now()
	if err := stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(id)}); err != nil {
		return sent, 0, err
	}
	res, err := stream.Recv()
	if err == nil && res.TTL <= 0 {
		err = rpctypes.ErrLeaseNotFound
	}
	if err != nil {
		return sent, 0, err
	}
	return sent, time.Duration(res.TTL) * time.Second, nil
}

// Term implements leader.Leadership.
func (m *mandate) Term() *leader.Term { return m.term }

// Resign implements leader.Leadership.
func (m *mandate) Resign() {
	m.revoke()
	hangUp(m.client)
}

// revoke deletes the key with the lease. Without an answer the lease runs out.
func (m *mandate) revoke() {
	m.stop()
	m.keeper.Wait()
	ctx, cancel := context.WithTimeout(m.client.Ctx(), goodbyeIn)
	defer cancel()
	_, _ = m.client.Revoke(ctx, m.lease)
}

// HandOver implements leader.Leadership.
func (m *mandate) HandOver(send func([]byte) bool) {
	m.stop()
	m.keeper.Wait()
	ctx, cancel := context.WithTimeout(m.client.Ctx(), goodbyeIn)
	defer cancel()
	_, _, err := renew(ctx, m.client, m.lease) // a successor gets its whole duration
	if err == nil {
		var text []byte
		if text, err = json.Marshal(m.held.Load()); err == nil && send(text) {
			hangUp(m.client)
			return
		}
	}
	m.Resign()
}
