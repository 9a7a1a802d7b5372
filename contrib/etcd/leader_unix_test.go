//go:build unix

package etcd_test

import (
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/leader/leadertest"
)

// A candidate that waits goes on in its new process, and leads in its turn.
func TestAnUpgradeOfOneThatWaits(t *testing.T) {
	e, b := newElections(t), leadertest.NewBallot(t, 10*time.Minute)
	leads := b.Start(leadertest.Wait, e.Env("a")...)
	b.WantFrom(leads, leadertest.Begin, leadertest.Nothing)
	waits := b.Start(leadertest.Wait, e.Env("b")...)
	e.awaitCandidates(2)
	before := e.candidates()[1]
	signalTo(waits.PID, "USR2")
	waits.AwaitExit() // the old process
	e.awaitCandidate(func(keys []string) bool { return len(keys) == 2 && keys[1] != string(before.Key) })
	signalTo(leads.PID, "TERM")
	b.WantFrom(leads, leadertest.End, leadertest.Signal)
	next := b.Want(leadertest.Begin, leadertest.Nothing)
	if next.PID == waits.PID {
		t.Errorf("%+v is the old process", next)
	}
	signalTo(next.PID, "TERM")
	b.Want(leadertest.End, leadertest.Signal)
}
