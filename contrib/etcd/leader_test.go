package etcd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/etcd"
)

const leaders = "/todo/leaders/report"

// candidates are the keys of the election, the leader's first.
func (s *store) candidates() []*mvccpb.KeyValue {
	s.t.Helper()
	res, err := s.direct.Get(context.Background(), leaders, clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	if err != nil {
		s.t.Fatal(err)
	}
	return res.Kvs
}

func (s *store) awaitCandidates(n int) {
	s.t.Helper()
	s.awaitCandidate(func(keys []string) bool { return len(keys) == n })
}

func (s *store) awaitCandidate(ok func(keys []string) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for changes := s.direct.Watch(ctx, leaders, clientv3.WithPrefix()); ; {
		var keys []string
		for _, kv := range s.candidates() {
			keys = append(keys, string(kv.Key))
		}
		if ok(keys) {
			return
		}
		select {
		case <-changes:
		case <-time.After(time.Second): // the watch may have begun after the change
		}
		if ctx.Err() != nil {
			s.t.Fatalf("the candidates are %q", keys)
		}
	}
}

// single is an application with a task of a leader, in this process.
type single struct {
	*apptest.App
	begun chan context.Context // of the task, which waits for its end
}

func newSingle(t *testing.T, s *store, endpoint string, o etcd.Options) *single {
	t.Helper()
	if s != nil {
		s.candidates() // the test's connection is not a file that the application leaves open
	}
	t.Setenv("TODO_ETCD_ENDPOINTS", endpoint)
	t.Setenv("TODO_ETCD_DIR", t.TempDir())
	t.Setenv("TODO_HTTP_ADDR", "127.0.0.1:0")
	o.Optional = true
	x := &single{begun: make(chan context.Context, 10)}
	x.App = apptest.New(t, graceful.Name("todo"), etcd.Module(o), etcd.LeaderTask("report", func(ctx context.Context) error {
		x.begun <- ctx
		<-ctx.Done()
		return context.Cause(ctx)
	}))
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

func ended(t *testing.T, ctx context.Context) error {
	t.Helper()
	select {
	case <-ctx.Done():
	case <-time.After(2 * time.Minute):
		t.Fatal("the term does not end")
	}
	return context.Cause(ctx)
}

func TestAFenceHoldsWhileTheTaskLeads(t *testing.T) {
	s := newStore(t)
	x := newSingle(t, s, s.line.addr, etcd.Options{})
	x.Start()
	ctx := x.await(t)
	write := func(fence clientv3.Cmp) bool {
		t.Helper()
		res, err := s.direct.Txn(t.Context()).If(fence).Then(clientv3.OpPut("/todo/reported", "today")).Commit()
		if err != nil {
			t.Fatal(err)
		}
		return res.Succeeded
	}
	fence, err := etcd.Fence(ctx)
	if err != nil || !write(fence) {
		t.Errorf("the leader (%v) cannot write", err)
	}
	// A person deletes the key: the store knows before the leader does.
	if _, err := s.direct.Delete(t.Context(), leaders, clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
	if write(fence) {
		t.Error("one that does not lead has written")
	}
	if cause := ended(t, ctx); !errors.Is(cause, etcd.ErrLost) || !strings.Contains(cause.Error(), "was deleted") {
		t.Errorf("got the cause %v, want that the key was deleted", cause)
	}
	if _, err := etcd.Fence(ctx); !errors.Is(err, etcd.ErrLost) {
		t.Errorf("got a fence with %v, want that the leadership is lost", err)
	}
	again, err := etcd.FencingToken(x.await(t)) // it campaigns anew
	if before, _ := etcd.FencingToken(ctx); err != nil || again <= before {
		t.Errorf("got token %d (%v) after %d", again, err, before)
	}
	x.Stop()
}

func TestALeaseThatIsRevokedEndsTheTerm(t *testing.T) {
	s := newStore(t)
	x := newSingle(t, s, s.line.addr, etcd.Options{Lease: 3 * time.Second})
	x.Start()
	ctx := x.await(t)
	if _, err := s.direct.Revoke(t.Context(), clientv3.LeaseID(s.candidates()[0].Lease)); err != nil {
		t.Fatal(err)
	}
	if cause := ended(t, ctx); !errors.Is(cause, etcd.ErrLost) {
		t.Errorf("got the cause %v", cause)
	}
	x.await(t)
	x.Stop()
}

func TestACandidateWaitsForEtcd(t *testing.T) {
	s := newStore(t)
	s.line.cut(true)
	x := newSingle(t, s, s.line.Addr().String(), etcd.Options{StartTimeout: time.Millisecond})
	notes := make(chan string, 100)
	x.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok {
			notes <- n.Note.Text
		}
	})
	x.Start()
	for text := range notes {
		if strings.HasPrefix(text, "no election can be held") {
			break
		}
	}
	s.line.cut(false)
	x.await(t)
	s.line.delay(100 * time.Millisecond) // a slow etcd changes nothing
	s.line.cut(true)                     // and one that is away does not hold up a stop
	x.Stop()
}

func TestALeaderTaskNeedsToKnowItsFleet(t *testing.T) {
	t.Setenv("TODO_ETCD_ENDPOINTS", "")
	task := etcd.LeaderTask("report", func(context.Context) error { return nil })
	for _, c := range []struct {
		name string
		with fx.Option
		want string
	}{
		{"no module", fx.Options(), "add etcd.Module to the options"},
		{"no endpoints", etcd.Module(etcd.Options{}), "set TODO_ETCD_ENDPOINTS"},
		{"a lease of no time", etcd.Module(etcd.Options{Lease: time.Second, Client: clientv3.Config{Endpoints: []string{"127.0.0.1:1"}}}), "2s is the minimum"},
	} {
		err := fx.New(fx.NopLogger, graceful.Name("todo"), graceful.Module, c.with, task).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestAProcessWithoutAFleetLeads(t *testing.T) {
	x := newSingle(t, nil, "", etcd.Options{Alone: true})
	x.Start()
	if token, err := etcd.FencingToken(x.await(t)); token == 0 || err != nil {
		t.Errorf("got token %d, %v", token, err)
	}
	x.Stop()
}

// The watch of a candidate that waits is cut, and what it would go on from is gone.
func TestACandidateOutlivesACompaction(t *testing.T) {
	s := newStore(t)
	other, err := s.direct.Put(t.Context(), leaders+"/0", "another process")
	if err != nil {
		t.Fatal(err)
	}
	x := newSingle(t, s, s.line.Addr().String(), etcd.Options{Lease: time.Minute})
	x.Start()
	s.awaitCandidates(2)
	s.line.cut(true) // it cannot come back before the compaction
	if _, err := s.direct.Put(t.Context(), "/elsewhere", "1"); err != nil {
		t.Fatal(err)
	}
	res, err := s.direct.Put(t.Context(), "/elsewhere", "2")
	if err != nil || res.Header.Revision <= other.Header.Revision {
		t.Fatal(err)
	}
	if _, err := s.direct.Compact(t.Context(), res.Header.Revision); err != nil {
		t.Fatal(err)
	}
	if _, err := s.direct.Delete(t.Context(), leaders+"/0"); err != nil {
		t.Fatal(err)
	}
	s.line.cut(false)
	x.await(t)
	x.Stop()
}
