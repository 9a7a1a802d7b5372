package kubernetes

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/gracefulfx/graceful/modules/leader"
)

// mandate is a Lease that client-go renews until cancel is called.
type mandate struct {
	lock   *lock
	cancel context.CancelFunc
	idle   func()        // closes idle connections
	ended  chan struct{} // closed when client-go has let go
}

var _ leader.Leadership = (*mandate)(nil)

// Term implements leader.Leadership.
func (m *mandate) Term() *leader.Term { return m.lock.leading() }

// Resign implements leader.Leadership. client-go would resign while the task still
// runs.
func (m *mandate) Resign() {
	m.cancel()
	<-m.ended
	m.change(func(r *resourcelock.LeaderElectionRecord) { r.HolderIdentity, r.LeaseDurationSeconds = "", 1 })
	m.idle()
}

// HandOver implements leader.Leadership.
func (m *mandate) HandOver(send func([]byte) bool) {
	m.cancel()
	<-m.ended
	renewed := m.change(func(*resourcelock.LeaderElectionRecord) {}) // a successor gets its whole duration
	if !renewed || !send([]byte(m.lock.Identity())) {
		m.Resign()
	}
	m.idle()
}

// change writes the Lease if it is held, and reports whether it has. The term does
// not matter: the write is not a renewal by this process.
func (m *mandate) change(how func(*resourcelock.LeaderElectionRecord)) bool {
	if m.lock.leading() == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeIn)
	defer cancel()
	for ctx.Err() == nil {
		r, _, err := m.lock.Interface.Get(ctx)
		if err != nil || r.HolderIdentity != m.lock.Identity() {
			return false
		}
		r.RenewTime = metav1.NewTime(time.Now())
		how(r)
		if err = m.lock.Interface.Update(ctx, *r); !apierrors.IsConflict(err) {
			return err == nil
		}
	}
	return false
}
