//go:build unix

package etcd_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

var fleetSize = flag.Int("fleet", 6, "processes of the fleet, 6 or more")

// processes is a fleet of processes on this machine, and a real etcd.
type processes struct {
	*store
	all map[string]*process
}

type process struct {
	name string
	cmd  *exec.Cmd
	pid  int // of the one that is in charge
	dir  string
	gone chan struct{} // closed when all of them are gone

	mu   sync.Mutex // guards what follows
	size string     // in force, as the process says itself
	was  []string   // all that it has said
	log  strings.Builder
}

func newProcesses(t *testing.T, n int) *processes {
	t.Helper()
	f := &processes{newStore(t), map[string]*process{}}
	f.put("limits: {size: 1}")
	for i := range n {
		f.launch(fmt.Sprintf("i%d", i))
	}
	f.await("a good document", func(s rollout.State, all map[string]rollout.Report) bool {
		return s.Phase == rollout.Steady && len(all) == n && f.ready(all)
	})
	return f
}

func (f *processes) ready(all map[string]rollout.Report) bool {
	for _, r := range all {
		if !r.Ready {
			return false
		}
	}
	return true
}

// command makes a process that is an instance, or a command that connects to one.
func (f *processes) command(name, dir string, args ...string) *exec.Cmd {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "RUNTIME_DIRECTORY=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0", "TEST_INSTANCE=1",
		"TODO_ETCD_ENDPOINTS=" + f.line.Addr().String(), "TODO_ETCD_INSTANCE=" + name, "TODO_ETCD_STAGES=1, 30%",
		"TODO_ETCD_SOAK=300ms", "TODO_ETCD_STAGE_TIMEOUT=15s", "TODO_ETCD_JITTER=100ms", "TODO_ETCD_LEASE=3s"}
	return cmd
}

func (f *processes) launch(name string) *process {
	f.t.Helper()
	p := &process{name: name, dir: f.t.TempDir(), gone: make(chan struct{})}
	p.cmd = f.command(name, p.dir, "run")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	p.pid = p.cmd.Process.Pid
	if f.all[name] == nil {
		f.all[name] = p
	}
	go func() {
		defer close(p.gone)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.hear(s.Text())
		}
		_ = p.cmd.Wait() // killed ones, too
	}()
	f.t.Cleanup(func() {
		select {
		case <-p.gone: // another process may have its id by now
			return
		default:
			signalTo(p.pid, "KILL")
		}
		select {
		case <-p.gone:
		case <-time.After(time.Minute):
			f.t.Errorf("%s, process %d, or a successor of it, is still there", name, p.cmd.Process.Pid)
		}
		if f.t.Failed() {
			f.t.Logf("%s said:\n%s", name, p.log.String())
		}
	})
	return p
}

func (p *process) hear(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size, ok := strings.CutPrefix(line, "size "); ok {
		p.size = size
		p.was = append(p.was, size)
		return
	}
	p.log.WriteString(line + "\n")
}

func (p *process) said(size string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.was, size)
}

// look reads the agreed state of the fleet, and its reports.
func (f *processes) look() (s rollout.State, all map[string]rollout.Report) {
	f.t.Helper()
	all = map[string]rollout.Report{}
	res, err := f.direct.Get(f.t.Context(), key+".fleet/", clientv3.WithPrefix())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, kv := range res.Kvs {
		switch name := strings.TrimPrefix(string(kv.Key), key+".fleet/"); {
		case name == "state":
			err = json.Unmarshal(kv.Value, &s)
		case strings.HasPrefix(name, "instances/"):
			var r rollout.Report
			err = json.Unmarshal(kv.Value, &r)
			all[r.Name] = r
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
	return s, all
}

func (f *processes) await(what string, ok func(rollout.State, map[string]rollout.Report) bool) (rollout.State, map[string]rollout.Report) {
	f.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; <-time.After(10 * time.Millisecond) { // the instances are other processes
		s, all := f.look()
		if ok(s, all) {
			return s, all
		}
		if time.Now().After(end) {
			f.t.Fatalf("the fleet did not come to %s:\n%+v\n%+v", what, s, all)
		}
	}
}

// awaitSizes waits until all have that size in force, as they say themselves.
func (f *processes) awaitSizes(size string) {
	f.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; <-time.After(10 * time.Millisecond) { // the instances are other processes
		have := map[string]string{}
		for _, p := range f.all {
			p.mu.Lock()
			have[p.name] = p.size
			p.mu.Unlock()
		}
		others := slices.DeleteFunc(slices.Collect(maps.Values(have)), func(s string) bool { return s == size })
		if len(others) == 0 {
			return
		}
		if time.Now().After(end) {
			f.t.Fatalf("not all have size %s: %v", size, have)
		}
	}
}

// tried returns those that have ever had that size.
func (f *processes) tried(size string) (names []string) {
	for _, p := range f.all {
		if p.said(size) {
			names = append(names, p.name)
		}
	}
	slices.Sort(names)
	return names
}

// wantGood waits until the document that was written last is good, everywhere.
func (f *processes) wantGood(revision int64, size string) {
	f.t.Helper()
	f.await("a good document", func(s rollout.State, all map[string]rollout.Report) bool {
		if s.Phase == rollout.Halted && s.Revision == revision {
			f.t.Fatalf("document %d has failed: %s", revision, s.Why)
		}
		return s.Phase == rollout.Steady && s.Good == revision && len(all) == len(f.all) && f.have(all, revision)
	})
	f.awaitSizes(size)
}

func (f *processes) have(all map[string]rollout.Report, revision int64) bool {
	for _, r := range all {
		if r.Revision != revision {
			return false
		}
	}
	return true
}

// wantHalted waits until the document has failed, and all that report have the good
// one again.
func (f *processes) wantHalted(revision int64, why string) rollout.State {
	f.t.Helper()
	s, _ := f.await("a halt", func(s rollout.State, all map[string]rollout.Report) bool {
		return s.Phase == rollout.Halted && s.Revision == revision && f.have(all, s.Good)
	})
	if !strings.Contains(s.Why, why) {
		f.t.Errorf("got %q, want %q", s.Why, why)
	}
	return s
}

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

func TestFleetTakesDocumentsInStages(t *testing.T) {
	t.Parallel()
	n := *fleetSize
	f := newProcesses(t, n)
	began := time.Now()
	good := f.put("limits: {size: 2}")
	seen := map[int]int{} // members by stage
	f.await("a good document", func(s rollout.State, all map[string]rollout.Report) bool {
		if s.Phase == rollout.Rolling {
			seen[s.Stage] = len(s.Members)
			if have := slices.Collect(maps.Values(all)); len(slices.DeleteFunc(have, func(r rollout.Report) bool { return r.Revision != good })) > len(s.Members) {
				t.Errorf("stage %d has %d members, and %v have the document", s.Stage, len(s.Members), have)
			}
		}
		return s.Phase == rollout.Steady && s.Good == good
	})
	f.wantGood(good, "2")
	t.Logf("%d instances took a document in %v: %v by stage", n, time.Since(began).Round(time.Millisecond), seen)

	t.Run("one rejects", func(t *testing.T) {
		began := time.Now()
		s := f.wantHalted(f.put(`{limits: {size: 3}, trouble: {rejects: " i0 "}}`), "i0: vetoed by trouble: not here")
		f.awaitSizes("2")
		if tried := f.tried("3"); len(tried) >= len(s.Members) || s.Good != good || slices.Contains(tried, "i0") {
			t.Errorf("got %v of %v, want the members without i0", tried, s.Members)
		}
		t.Logf("%d of %d had a document that one of them rejects; all were back after %v", len(f.tried("3")), n, time.Since(began).Round(time.Millisecond))
	})
	t.Run("one turns red", func(t *testing.T) {
		f.wantHalted(f.put(`{limits: {size: 4}, trouble: {red: " i1 "}}`), "i1: it has turned red: not ready")
		f.awaitSizes("2")
		f.await("green", func(_ rollout.State, all map[string]rollout.Report) bool { return f.ready(all) })
	})
	t.Run("one panics in the middle", func(t *testing.T) {
		f.wantHalted(f.put(`{limits: {size: 5}, trouble: {panics: " i2 "}}`), "i2: a part of the program panicked")
		f.awaitSizes("2")
	})
	t.Run("nobody accepts it", func(t *testing.T) {
		s := f.wantHalted(f.put("limits: ["), "rejected: ")
		if len(s.Members) != 1 {
			t.Errorf("got %v, want one that was asked", s.Members)
		}
	})
	t.Run("an unknown key", func(t *testing.T) {
		f.wantHalted(f.put("limitz: {size: 6}"), "limitz")
	})
	t.Run("two documents at once", func(t *testing.T) {
		f.put(`{limits: {size: 7}, trouble: {rejects: "all"}}`)
		good = f.put("limits: {size: 8}")
		f.wantGood(good, "8")
		if tried := f.tried("7"); len(tried) > 0 {
			t.Errorf("%v have taken a document that all reject", tried)
		}
	})
	t.Run("the good document again", func(t *testing.T) {
		f.wantHalted(f.put(`{limits: {size: 9}, trouble: {rejects: "all"}}`), "not here")
		good = f.put("limits: {size: 8}")
		f.wantGood(good, "8")
	})
	t.Run("the document is deleted", func(t *testing.T) {
		if _, err := f.direct.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		good = f.put("limits: {size: 10}")
		f.wantGood(good, "10")
	})
	t.Run("the command", func(t *testing.T) {
		for _, args := range [][]string{{"fleet", "status"}, {"fleet", "status", "--json"}} {
			out, err := f.command("", f.all["i0"].dir, args...).CombinedOutput()
			text := string(out)
			if err != nil || !strings.Contains(text, fmt.Sprintf("document %d is good; %d instances", good, n)) {
				t.Errorf("%v: got %v, %s", args, err, text)
			}
			if len(args) == 2 && (strings.Count(text, "ready") != n || strings.Count(text, "\n") != n+2) {
				t.Errorf("got %s, want a line for each instance", text)
			}
		}
	})
}

func TestFleetIsHeldUpByNobody(t *testing.T) {
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
