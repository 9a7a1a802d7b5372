package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/gracefulfx/graceful/modules/leader"
)

// lock is how client-go reads and writes the Lease. It begins a term with the first
// write that succeeds, and renews it with every later one, as of the time when the
// request was sent. It refuses writes of a term that is over.
type lock struct {
	resourcelock.Interface
	lease   time.Duration
	resumes bool        // the Lease is the predecessor's: the token must grow
	failed  func(error) // is called for the first of failures in a row
	next    *atomic.Int64

	mu      sync.Mutex // guards everything below
	term    *leader.Term
	failing bool
}

// leading returns the term, or nil if there is none yet.
func (l *lock) leading() *leader.Term {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.term
}

// Get implements resourcelock.Interface.
func (l *lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	r, raw, err := l.Interface.Get(ctx)
	l.noteFailure(ctx, err)
	if err == nil {
		l.saw(r.LeaderTransitions)
	}
	return r, raw, err
}

// saw remembers a token: a Lease that is deleted and created again must not begin
// with a lower one.
func (l *lock) saw(token int) {
	for {
		next := l.next.Load()
		if int64(token) < next || l.next.CompareAndSwap(next, int64(token)+1) {
			return
		}
	}
}

// Create implements resourcelock.Interface.
func (l *lock) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	if t := l.leading(); t != nil {
		t.End(fmt.Errorf("%w: the Lease was deleted", leader.ErrLost))
		return t.Err()
	}
	r.LeaderTransitions = int(l.next.Load())
	return l.write(ctx, r, l.Interface.Create)
}

// Update implements resourcelock.Interface.
func (l *lock) Update(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	t := l.leading()
	switch {
	case t == nil && l.resumes:
		r.LeaderTransitions++ // to client-go it is the same leader
	case t != nil:
		if err := t.Err(); err != nil {
			return err
		}
		r.LeaderTransitions = int(t.Token)
	}
	return l.write(ctx, r, l.Interface.Update)
}

func (l *lock) write(ctx context.Context, r resourcelock.LeaderElectionRecord, how func(context.Context, resourcelock.LeaderElectionRecord) error) error {
	sent := time.Now()
	err := how(ctx, r)
	l.noteFailure(ctx, err)
	if err != nil {
		return err
	}
	l.saw(r.LeaderTransitions)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.term == nil {
		l.term = leader.NewTerm(sent, l.lease)
		l.term.Token, l.term.Key = int64(r.LeaderTransitions), l.Describe()
	}
	l.term.Renewed(sent)
	return nil
}

// noteFailure notes that the server is away or refuses, but not the ordinary
// answers of an election.
func (l *lock) noteFailure(ctx context.Context, err error) {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		err = nil
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	l.mu.Lock()
	first := err != nil && !l.failing
	l.failing = err != nil
	l.mu.Unlock()
	if first {
		l.failed(err)
	}
}
