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
