package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for something that must happen: long enough on
// a machine that is busy with other things.
const patience = 30 * time.Second

// rig is a program under test with all its generations, which share one output.
type rig struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	addr string
	code chan int // of the first generation

	mu    sync.Mutex
	lines []string
	news  chan struct{}
	over  bool // every generation has ended
}

func setUp(t *testing.T) *rig {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "rig") // t.TempDir contains the test's name: too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &rig{t: t, dir: dir, news: make(chan struct{}), code: make(chan int, 1)}
	if err := os.Symlink(self, filepath.Join(r.dir, "app")); err != nil {
		t.Fatal(err)
	}
	r.configure(Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: 5 * time.Second})
	return r
}

func (r *rig) configure(c Config) {
	r.t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		r.t.Fatal(err)
	}
	r.write("config", string(b))
}

func (r *rig) write(name, content string) {
	r.t.Helper()
	temp := filepath.Join(r.dir, name+".new")
	if err := os.WriteFile(temp, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(temp, filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) remove(name string) {
	if err := os.Remove(filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

// start runs the first generation until it is ready.
func (r *rig) start(change ...func(*exec.Cmd)) *rig {
	r.t.Helper()
	cmd := exec.Command(filepath.Join(r.dir, "app"))
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), programEnv+"="+r.dir, "LISTEN_PID=1", "LISTEN_FDS=1", "GOMAXPROCS=2", "GORACE=atexit_sleep_ms=0")
	for _, f := range change {
		f(cmd)
	}
	out, in, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	in.Close()
	r.cmd = cmd
	ended := make(chan struct{})
	go r.read(out, ended)
	go func() {
		_ = cmd.Wait()
		r.code <- cmd.ProcessState.ExitCode()
	}()
	r.t.Cleanup(func() {
		for _, pid := range r.pids() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-ended
		if r.t.Failed() {
			r.t.Logf("output:\n%s", strings.Join(r.lines, "\n"))
		}
	})
	r.addr = r.await(`^generation 1 .*ready on (.*)$`)
	return r
}

// pids returns the processes whose output is that of the rig.
func (r *rig) pids() (pids []int) {
	procs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, p := range procs {
		b, err := os.ReadFile(p)
		if err != nil || !strings.Contains(string(b), programEnv+"="+r.dir+"\x00") {
			continue
		}
		var pid int
		fmt.Sscanf(p, "/proc/%d/", &pid)
		pids = append(pids, pid)
	}
	return pids
}

func (r *rig) signal(pid int, s syscall.Signal) {
	r.t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		r.t.Fatal(err)
	}
}

// stop ends the last generation, and checks that nothing is left of any.
func (r *rig) stop() {
	r.t.Helper()
	s := r.snapshot()
	r.signal(s.PID, syscall.SIGTERM)
	r.awaitEnd()
	for _, name := range []string{"pid", "sock"} {
		if _, err := os.Lstat(filepath.Join(r.dir, name)); !errors.Is(err, os.ErrNotExist) {
			r.t.Errorf("%s is left behind by the last generation: %v", name, err)
		}
	}
	if !r.said(fmt.Sprintf("^generation %d ended: stopped.*exit code 0", s.Generation)) {
		r.t.Errorf("generation %d did not end clean", s.Generation)
	}
}
