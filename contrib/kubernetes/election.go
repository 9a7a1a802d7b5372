package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader"
)

// elector holds elections by client-go.
type elector struct {
	options    Options
	client     coordination.LeasesGetter
	app        *app.App
	task, name string
	idle       func()       // closes idle connections
	next       atomic.Int64 // is higher than every token seen so far
}

var _ leader.Elector = (*elector)(nil)

// Campaign implements leader.Elector. handed is the identity of the predecessor: to
// the election both are the same candidate.
func (e *elector) Campaign(ctx context.Context, handed []byte) (leader.Leadership, error) {
	identity := string(handed)
	if identity == "" {
		identity = newIdentity()
	}
	life, cancel := context.WithCancel(klog.NewContext(context.WithoutCancel(ctx), klog.New(nil)))
	m := &mandate{cancel: cancel, idle: e.idle, ended: make(chan struct{}), lock: &lock{
		Interface: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: e.options.Namespace, Name: e.name},
			Client:     e.client,
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		lease: e.options.Lease, resumes: len(handed) > 0, failed: e.failed, next: &e.next,
	}}
	leads := make(chan struct{})
	le, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:          m.lock,
		Name:          e.name,
		LeaseDuration: e.options.Lease,
		RenewDeadline: e.options.Lease * 2 / 3,
		RetryPeriod:   e.options.Lease * 2 / 15,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(leads) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		cancel()
		return nil, err
	}
	go func() {
		defer close(m.ended)
		le.Run(life)
		if t := m.lock.leading(); t != nil {
			t.End(fmt.Errorf("%w: the Lease could not be renewed, or another process has it", leader.ErrLost))
		}
	}()
	select {
	case <-leads:
		return m, nil
	case <-m.ended:
		return nil, errors.New("the election has ended")
	case <-ctx.Done():
		m.Resign() // it may have become the leader at this moment
		return nil, ctx.Err()
	}
}

// failed notes a failure, once.
func (e *elector) failed(err error) {
	e.app.Note(app.Note{Level: slog.LevelWarn, Text: "the Lease cannot be read or written: the task waits, or ends soon", Err: err,
		Attrs: []slog.Attr{slog.String("task", e.task), slog.String("lease", e.options.Namespace+"/"+e.name)}})
}

// newIdentity returns a unique identity, which names the pod for people.
func newIdentity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s_%d_%08x", host, os.Getpid(), rand.Uint32())
}

// goodbyeIn is how long a process tries to give up its Lease.
const goodbyeIn = 3 * time.Second
