package kubernetes_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	coordination "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/kubernetes"
)

// single is an application with a task of a leader, in this process.
type single struct {
	*apptest.App
	begun chan context.Context // of the task, which waits for its end
	notes chan string
}

func newSingle(t *testing.T, s *apiServer) *single {
	t.Helper()
	s.Holder() // the test's connection is not a file that the application leaves open
	o := kubernetes.Options{Config: s.own(), Namespace: s.namespace, Lease: 3 * time.Second}
	x := &single{begun: make(chan context.Context, 10), notes: make(chan string, 100)}
	x.App = apptest.New(t, graceful.Name("todo"), kubernetes.Module(o), kubernetes.LeaderTask("report", func(ctx context.Context) error {
		x.begun <- ctx
		<-ctx.Done()
		return context.Cause(ctx)
	}))
	x.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok {
			x.notes <- n.Note.Text
		}
	})
	return x
}

func (x *single) await(t *testing.T) context.Context {
	t.Helper()
	select {
	case ctx := <-x.begun:
		return ctx
	case <-time.After(2 * time.Minute):
		t.Fatal("it does not lead")
	}
	return nil
}

func TestALeaseThatIsDeletedEndsTheTerm(t *testing.T) {
	s := newAPIServer(t)
	x := newSingle(t, s)
	x.Start()
	ctx := x.await(t)
	s.remove()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatal("the term does not end")
	}
	if cause := context.Cause(ctx); !errors.Is(cause, kubernetes.ErrLost) || !strings.Contains(cause.Error(), "was deleted") {
		t.Errorf("got the cause %v, want that the Lease was deleted", cause)
	}
	if _, err := kubernetes.FencingToken(ctx); !errors.Is(err, kubernetes.ErrLost) {
		t.Errorf("got %v for the token of one that does not lead", err)
	}
	before, _ := kubernetes.FencingToken(ctx)
	if again, err := kubernetes.FencingToken(x.await(t)); err != nil || again <= before {
		t.Errorf("got token %d (%v) after %d", again, err, before)
	}
	x.Stop()
}

// The clock of the pod that held the Lease may be a day off: a candidate counts
// from when it has seen the last renewal itself.
func TestClocksThatAreApartChangeNothing(t *testing.T) {
	for name, off := range map[string]time.Duration{"behind": -24 * time.Hour, "ahead": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := newAPIServer(t)
			holder, seconds, transitions, at := "another pod", int32(3), int32(7), metav1.NewMicroTime(time.Now().Add(off))
			lease := &coordination.Lease{ObjectMeta: metav1.ObjectMeta{Name: leaseName}, Spec: coordination.LeaseSpec{
				HolderIdentity: &holder, LeaseDurationSeconds: &seconds, LeaseTransitions: &transitions, AcquireTime: &at, RenewTime: &at}}
			if _, err := s.leases.Create(t.Context(), lease, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			x := newSingle(t, s)
			x.Start()
			token, err := kubernetes.FencingToken(x.await(t))
			if took := time.Since(began); took < time.Duration(seconds)*time.Second {
				t.Errorf("it leads after %v, within the lease of another pod", took)
			}
			if err != nil || token <= int64(transitions) {
				t.Errorf("got token %d (%v) after %d", token, err, transitions)
			}
			x.Stop()
		})
	}
}

func TestARoleThatIsMissingIsReportedOnce(t *testing.T) {
	s := newAPIServer(t)
	s.forbid(true)
	x := newSingle(t, s)
	x.Start()
	for text := range x.notes {
		if strings.HasPrefix(text, "the Lease cannot be read or written") {
			break
		}
	}
	s.forbid(false)
	x.await(t)
	x.Stop()
	for len(x.notes) > 0 {
		if text := <-x.notes; strings.HasPrefix(text, "the Lease cannot") {
			t.Error("it was said again")
		}
	}
}

func TestALeaderTaskNeedsToKnowItsCluster(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	nothing := func(context.Context) error { return nil }
	for _, c := range []struct {
		name, task, want string
		with             fx.Option
	}{
		{"no module", "report", "add kubernetes.Module", fx.Options()},
		{"no pod", "report", "this is no pod", kubernetes.Module(kubernetes.Options{})},
		{"a name", "Daily report", "cannot have the name", kubernetes.Module(kubernetes.Options{Config: config("http://127.0.0.1:1"), Namespace: "shop"})},
		{"no namespace", "report", "set Options.Namespace", kubernetes.Module(kubernetes.Options{Config: config("http://127.0.0.1:1")})},
		{"no time", "report", "3s is the shortest", kubernetes.Module(kubernetes.Options{Lease: time.Second})},
	} {
		err := fx.New(fx.NopLogger, graceful.Name("todo"), graceful.Module, c.with, kubernetes.LeaderTask(c.task, nothing)).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
