package etcd

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// wishing returns an instance that has document 5 and sees that in etcd.
func wishing(jitter time.Duration, state rollout.State, document int64) *fleet {
	r := &remote{options: Options{Key: "/todo/config.yaml", Staged: Staged{Instance: "a", Jitter: jitter}}}
	p := &picture{options: &r.options, state: state, stateAt: 9, good: []byte("good"), document: document5(document)}
	r.good, r.saved = document5(5), true
	f := &fleet{follower: &follower{remote: r}, seen: p, wants: make(chan wish, 1)}
	f.report.Revision = 5
	return f
}

func document5(revision int64) document {
	return document{revision: revision, data: []byte("text")}
}

// The members of a stage take a document at moments that are spread over the
// jitter, so that a stage of many does not reload, and perhaps reconnect, at once.
// The way back is taken at once.
func TestInstancesTakeADocumentAtDifferentMoments(t *testing.T) {
	const jitter, instances = 8 * time.Second, 200
	rolling := rollout.State{Phase: rollout.Rolling, Good: 5, Revision: 7, Members: []string{"a"}}
	halted := rollout.State{Phase: rollout.Halted, Good: 5, Revision: 7}
	for name, tt := range map[string]struct {
		jitter     time.Duration
		state      rollout.State
		has        int64 // in force before
		takes      int64
		quarters   bool // some of the instances take it in each quarter of the jitter
		latest     time.Duration
		wasRefused bool
	}{
		"a new document":             {jitter: jitter, state: rolling, has: 5, takes: 7, quarters: true, latest: jitter},
		"back to the good one":       {jitter: jitter, state: halted, has: 7, takes: 5},
		"without jitter":             {jitter: 0, state: rolling, has: 5, takes: 7},
		"again, after a refusal":     {jitter: jitter, state: rolling, has: 5, takes: 7, latest: time.Second, wasRefused: true},
		"it has the document":        {jitter: jitter, state: rolling, has: 7},
		"the good one, not a member": {jitter: jitter, state: rollout.State{Phase: rollout.Rolling, Good: 5, Revision: 7, Members: []string{"b"}}, has: 5},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var in [4]int // takers by quarter
				last, began := time.Duration(0), time.Now()
				var all sync.WaitGroup
				for range instances {
					f := wishing(tt.jitter, tt.state, 7)
					f.good, f.report.Revision, f.retry = document5(tt.has), tt.has, tt.wasRefused
					f.aim()
					if len(f.wants) == 0 {
						if tt.takes != 0 {
							t.Fatal("it wishes for nothing")
						}
						continue
					}
					all.Go(func() {
						w, ok := f.wait(t.Context(), <-f.wants)
						if !ok || w.document.revision != tt.takes {
							t.Errorf("got document %d, %v, want %d", w.document.revision, ok, tt.takes)
						}
						mu.Lock()
						defer mu.Unlock()
						took := time.Since(began)
						last = max(last, took)
						in[min(3, int(4*took/jitter))]++
					})
				}
				all.Wait()
				if last > tt.latest {
					t.Errorf("the last one took it after %v, want %v at most", last, tt.latest)
				}
				for i, n := range in {
					if tt.quarters && n == 0 {
						t.Errorf("no instance took it in quarter %d of the jitter: %v", i+1, in)
					}
				}
			})
		})
	}
}
