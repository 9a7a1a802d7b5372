package etcd_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/leader/leadertest"
)

// runCandidate runs a process of a fleet in which one runs the task "report".
func runCandidate(task app.TaskFunc, lease time.Duration) {
	graceful.Run(graceful.Name("todo"),
		etcd.Module(etcd.Options{Optional: true, Lease: lease, StartTimeout: time.Minute}),
		etcd.LeaderTask("report", task))
}

// elections are a store to which each candidate has another line.
type elections struct {
	*store
	lines map[string]*line
}

func newElections(t *testing.T) *elections { return &elections{newStore(t), map[string]*line{}} }

// Env implements leadertest.Store.
func (e *elections) Env(name string) []string {
	e.lines[name] = newLine(e.t, e.line.addr)
	return []string{"TODO_ETCD_ENDPOINTS=" + e.lines[name].Addr().String(), "TODO_ETCD_DIR=" + e.t.TempDir(), "TODO_HTTP_ADDR=off", "TODO_ADMIN_ADDR=off"}
}

// CutOff implements leadertest.Store.
func (e *elections) CutOff(name string, hang bool) {
	if !hang {
		e.lines[name].Close()
	}
	e.lines[name].cut(hang)
}

// AwaitCandidates implements leadertest.Store.
func (e *elections) AwaitCandidates(n int) { e.t.Helper(); e.awaitCandidates(n) }

// Holder implements leadertest.Store.
func (e *elections) Holder() string {
	for _, kv := range e.candidates() {
		return fmt.Sprintf("the key %s of revision %d", kv.Key, kv.CreateRevision)
	}
	return ""
}

func TestElections(t *testing.T) {
	leadertest.Run(t, leadertest.Contract{
		NewStore: func(t *testing.T) leadertest.Store { return newElections(t) },
		Shortest: 5 * time.Second, // 2s is taken, too, but a busy machine does not renew it in time
	})
}
