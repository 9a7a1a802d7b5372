//go:build unix

package etcd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// oneHangs lets an instance hang with a new document, and checks that all others
// keep the size that they have, and that it has that, too, when it goes on.
func (f *processes) oneHangs(name, size string) {
	f.t.Helper()
	s := f.wantHalted(f.put(fmt.Sprintf(`{limits: {size: 8}, trouble: {stops: " %s "}}`, name)), name+" has vanished, and did not come back within 15s")
	p := f.all[name]
	delete(f.all, name)
	f.awaitSizes(size)
	signalTo(p.pid, "CONT")
	f.all[name] = p
	f.awaitSizes(size)
	f.await("all", func(_ rollout.State, all map[string]rollout.Report) bool {
		return len(all) == len(f.all) && f.have(all, s.Good)
	})
}

// Of twenty instances, one rejects a document, one turns red with the next, and one
// hangs with the third; each time all go back, and the next good document comes to
// all.
func TestFleetOfTwenty(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty processes take a while")
	}
	f := newProcesses(t, 20)
	good := f.put("limits: {size: 2}")
	f.wantGood(good, "2")
	for _, bad := range []struct{ document, why string }{
		{`{limits: {size: 3}, trouble: {rejects: " i7 "}}`, "i7: vetoed by trouble: not here"},
		{`{limits: {size: 4}, trouble: {red: " i8 "}}`, "i8: it has turned red: not ready"},
	} {
		if s := f.wantHalted(f.put(bad.document), bad.why); s.Good != good {
			t.Errorf("the fleet went back to %d, want %d", s.Good, good)
		}
		f.awaitSizes("2")
		f.await("green", func(_ rollout.State, all map[string]rollout.Report) bool { return len(all) == 20 && f.ready(all) })
	}
	f.oneHangs("i9", "2")
	f.wantGood(f.put("limits: {size: 5}"), "5")
}

func TestFleetGoesOnWithoutOneInstance(t *testing.T) {
	t.Parallel()
	f := newProcesses(t, *fleetSize)
	good := f.put("limits: {size: 2}")
	f.wantGood(good, "2")

	t.Run("etcd is stopped and started", func(t *testing.T) {
		good = f.put("limits: {size: 3}")
		f.await("the first stage", func(s rollout.State, _ map[string]rollout.Report) bool { return s.Phase == rollout.Rolling })
		f.restart()
		f.wantGood(good, "3")
	})
	t.Run("etcd is compacted meanwhile", func(t *testing.T) {
		f.line.cut(true)
		good = f.put("limits: {size: 4}")
		for range 10 {
			good = f.put("limits: {size: 5}")
		}
		if _, err := f.direct.Compact(t.Context(), good, clientv3.WithCompactPhysical()); err != nil {
			t.Fatal(err)
		}
		f.line.cut(false)
		f.wantGood(good, "5")
	})
	t.Run("leases are lost", func(t *testing.T) {
		good = f.put("limits: {size: 6}")
		f.await("the first stage", func(s rollout.State, _ map[string]rollout.Report) bool { return s.Phase == rollout.Rolling })
		leases, err := f.direct.Leases(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range leases.Leases {
			if _, err := f.direct.Revoke(t.Context(), l.ID); err != nil {
				t.Fatal(err)
			}
		}
		f.wantGood(good, "6")
	})
	t.Run("one stops in order", func(t *testing.T) {
		good = f.put("limits: {size: 7}")
		s, _ := f.await("the first stage", func(s rollout.State, _ map[string]rollout.Report) bool {
			return s.Phase == rollout.Rolling && len(s.Members) > 0
		})
		p := f.all[s.Members[0]]
		delete(f.all, p.name)
		signalTo(p.pid, "TERM")
		<-p.gone
		f.wantGood(good, "7")
		f.launch(p.name)
		f.wantGood(good, "7")
	})
	t.Run("all are killed and started", func(t *testing.T) {
		good = f.put("limits: {size: 7, more: 2}")
		f.await("the first stage", func(s rollout.State, _ map[string]rollout.Report) bool {
			return s.Phase == rollout.Rolling && len(s.Members) > 0
		})
		old := f.all
		f.all = map[string]*process{}
		for _, p := range old {
			signalTo(p.pid, "KILL")
			<-p.gone
		}
		for name := range old {
			f.launch(name)
		}
		f.wantGood(good, "7")
	})
	t.Run("etcd is slow", func(t *testing.T) {
		f.line.delay(100 * time.Millisecond)
		good = f.put("limits: {size: 7, more: 3}")
		f.wantGood(good, "7")
		f.line.delay(0)
	})
	t.Run("one is upgraded", func(t *testing.T) {
		good = f.put("limits: {size: 7, more: 1}")
		s, before := f.await("the first stage", func(s rollout.State, _ map[string]rollout.Report) bool {
			return s.Phase == rollout.Rolling && len(s.Members) > 0
		})
		name := s.Members[0]
		signalTo(f.all[name].pid, "USR2")
		f.wantGood(good, "7")
		_, after := f.await("the successor", func(_ rollout.State, all map[string]rollout.Report) bool {
			return all[name].Generation == 2 && all[name].Ready && len(all) == len(f.all)
		})
		f.all[name].pid = after[name].PID
		if after[name].ID != before[name].ID || after[name].PID == before[name].PID {
			t.Errorf("got %+v, want a successor of %+v", after[name], before[name])
		}
	})
	t.Run("one hangs", func(t *testing.T) {
		f.oneHangs("i3", "7")
	})
	t.Run("one dies of it", func(t *testing.T) {
		s := f.wantHalted(f.put(`{limits: {size: 9}, trouble: {dies: " i4 "}}`), "i4 has vanished")
		<-f.all["i4"].gone
		delete(f.all, "i4")
		f.awaitSizes("7")
		f.launch("i4") // with the good document
		f.await("all", func(_ rollout.State, all map[string]rollout.Report) bool {
			return len(all) == len(f.all) && f.have(all, s.Good)
		})
		f.awaitSizes("7")
	})
	t.Run("one with the name of another", func(t *testing.T) {
		p := f.launch("i5")
		good = f.put("limits: {size: 11}")
		f.wantGood(good, "11")
		f.all["twin"] = p
		f.awaitSizes("11")
		if _, all := f.look(); len(all) != len(f.all)-1 || all["i5"].PID != f.all["i5"].pid {
			t.Errorf("got %v, want the one that came first", all)
		}
		delete(f.all, "twin")
	})
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "etcd-last-good-*")); len(left) > 0 || err != nil {
		t.Errorf("got %v, %v beside the directories of the instances", left, err)
	}
}
