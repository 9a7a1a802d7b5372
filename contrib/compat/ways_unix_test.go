//go:build unix

package compat

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The application's hooks, logger and routes are as they were, under the plan.
func TestProgramsFromHooksRun(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"fx", "fx-core"} {
		t.Run(program, func(t *testing.T) {
			p := runs(t, program)
			p.await(`database opened`)
			addr := p.await(`ready.*"http":\s*"([^"]+)"`)
			p.serves(oneConnection(t, "tcp", addr), "http://"+addr)
			p.signal(p.cmd.Process.Pid, syscall.SIGHUP)
			p.await("reload")
			p.signal(p.cmd.Process.Pid, syscall.SIGTERM)
			p.await(`database closed`)
			p.ends()
			if strings.Contains(p.text(), `{"level"`) {
				t.Error("graceful writes with a logger that is not the application's")
			}
		})
	}
}

// One file and one environment, before and after: both follow the file, and say the
// same but for the case of keys, which viper loses.
func TestFileMadeForViperIsFollowed(t *testing.T) {
	t.Parallel()
	const text = "name: %s\nweb:\n  readTimeout: 3s\nlabels:\n  team: a\n  API: b\n"
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "shop.yaml"), fmt.Sprintf(text, "one"))
	b := ran(t, "viper", dir)
	b.until("viper reads", func() bool { return b.answer() == "one 3s map[api:b team:a]\n" })
	writeFile(t, filepath.Join(dir, "shop.yaml"), fmt.Sprintf(text, "two"))
	b.until("viper follows", func() bool { return b.answer() == "two 3s map[api:b team:a]\n" })

	p := runs(t, "viper", func(p *process) {
		writeFile(t, filepath.Join(p.dir, "shop.yaml"), fmt.Sprintf(text, "one"))
		p.cmd.Env = append(p.cmd.Env, "SHOP_WEB_READTIMEOUT=7s")
	})
	addr := p.addr("http")
	a := &was{t: t, addr: addr}
	if got, want := a.answer(), "one 7s map[API:b team:a]\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	writeFile(t, filepath.Join(p.dir, "shop.yaml"), fmt.Sprintf(text, "two"))
	a.until("it follows", func() bool { return a.answer() == "two 7s map[API:b team:a]\n" })
	writeFile(t, filepath.Join(p.dir, "shop.yaml"), "name: three\nlabel: {}\n")
	p.await(`label.*did you mean`)
	if got, want := a.answer(), "two 7s map[API:b team:a]\n"; got != want {
		t.Errorf("after a mistake: got %q, want %q", got, want)
	}
	p.signal(p.generation(1), syscall.SIGTERM)
	p.ends()
}

// The commands of the application and those of graceful, in one tree.
func TestProgramFromCobraRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "cobra", func(p *process) { p.cmd.Args = append(p.cmd.Args, "serve") })
	addr := p.addr("http")
	p.serves(oneConnection(t, "tcp", addr), "http://"+addr)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--help"}, 0, "read the configuration again"},
		{[]string{"--help"}, 0, "fill the shop"},
		{[]string{"import", "goods.csv"}, 0, "imported goods.csv"},
		{[]string{"status"}, 0, "ready"},
		{[]string{"reload", "--nonsense"}, 2, "nonsense"},
		{[]string{"stop"}, 0, "stop done"},
		{[]string{"status"}, 3, "not running"},
	} {
		cmd := exec.Command(filepath.Join(p.dir, "shop"), c.args...)
		cmd.Dir, cmd.Env = p.dir, p.cmd.Env
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%v: got %d and %s\nwant %d and %q", c.args, code, out, c.code, c.says)
		}
	}
	p.ends()
}

// A folder of jobs, each of which takes as long as its file says.
func jobs(t *testing.T, dir string, n int, each string) {
	t.Helper()
	for _, name := range []string{"inbox", "work", "done"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		writeFile(t, filepath.Join(dir, "inbox", fmt.Sprintf("%03d", i)), each)
	}
}

func names(t *testing.T, dir, name string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A stop in the middle of a job lets it finish, and pulls no other; before, the job
// was cut short and stayed where nothing looks for it.
func TestConsumerStopsPullingAndFinishes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	jobs(t, dir, 10, "500ms")
	b := ran(t, "worker", dir)
	b.until("it has a job", func() bool { return names(t, dir, "work") == 1 })
	b.signal(syscall.SIGTERM)
	b.gone()
	if in, work, done := names(t, dir, "inbox"), names(t, dir, "work"), names(t, dir, "done"); work != 1 || in+work+done != 10 {
		t.Errorf("before: %d wait, %d lie in work, %d are done, want one that is lost in work", in, work, done)
	}

	p := runs(t, "worker", func(p *process) { jobs(t, p.dir, 10, "500ms") })
	w := &was{t: t}
	w.until("it has a job", func() bool { return names(t, p.dir, "work") == 1 })
	p.signal(p.generation(1), syscall.SIGTERM)
	p.ends()
	if in, work, done := names(t, p.dir, "inbox"), names(t, p.dir, "work"), names(t, p.dir, "done"); work != 0 || in < 8 || in+done != 10 || done == 0 {
		t.Errorf("%d wait, %d lie in work, %d are done, want the one that had begun, and no other", in, work, done)
	}
}

// Two generations share the jobs: each is done once, and none is left.
func TestConsumerGoesOnThroughAnUpgrade(t *testing.T) {
	t.Parallel()
	p := runs(t, "worker", func(p *process) { jobs(t, p.dir, 60, "20ms") })
	w := &was{t: t}
	w.until("it works", func() bool { return names(t, p.dir, "done") > 2 })
	p.signal(p.generation(1), syscall.SIGUSR2)
	second := p.second()
	w.until("all is done", func() bool { return names(t, p.dir, "done") == 60 })
	p.signal(second, syscall.SIGTERM)
	p.ends()
}

// A job has no port, ends by itself, says by its exit code whether all is done, and
// goes on where it was stopped.
func TestBatchJobRuns(t *testing.T) {
	t.Parallel()
	const orders = "a\nb\nc\nd\ne\nf\ng\nh\n"
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "orders.txt"), orders)
	b := ran(t, "batch", dir)
	b.gone()
	if got := readFile(t, filepath.Join(dir, "done.txt")); got != orders {
		t.Errorf("before: got %q", got)
	}

	long := strings.Repeat(orders, 10)
	p := runs(t, "batch", func(p *process) { writeFile(t, filepath.Join(p.dir, "orders.txt"), long) })
	p.generation(1)
	p.signal(p.cmd.Process.Pid, syscall.SIGTERM)
	p.await("stopped before all")
	if err := <-p.end; p.cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("stopped in the middle: got %v, want exit code 1", err)
	}
	done := readFile(t, filepath.Join(p.dir, "done.txt"))
	if len(done) >= len(long) || !strings.HasPrefix(long, done) {
		t.Errorf("stopped in the middle: done are %q", done)
	}
	again := exec.Command(filepath.Join(p.dir, "shop"))
	again.Dir, again.Env = p.dir, p.cmd.Env
	if out, err := again.CombinedOutput(); err != nil || strings.Contains(string(out), "8080") {
		t.Errorf("the rest: %v\n%s", err, out)
	}
	if got := readFile(t, filepath.Join(p.dir, "done.txt")); got != long {
		t.Errorf("done are %q", got)
	}
}

// Two jobs of one name run at once, each in its folder, with one directory for
// their sockets and no settings: neither takes anything from the other.
func TestTwoBatchJobsRunAtOnce(t *testing.T) {
	t.Parallel()
	shared := t.TempDir()
	orders := strings.Repeat("order\n", 100)
	job := func() *process {
		return runs(t, "batch", func(p *process) {
			p.cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+shared)
			writeFile(t, filepath.Join(p.dir, "orders.txt"), orders)
		})
	}
	first := job()
	first.generation(1)
	second := job()
	second.generation(1)
	if sockets := glob(t, filepath.Join(shared, "*", "admin*.sock")); len(sockets) != 2 {
		t.Errorf("got %v, want a socket for each", sockets)
	}
	for _, p := range []*process{first, second} {
		if err := <-p.end; err != nil {
			t.Errorf("exit code: %v", err)
		}
		if got := readFile(t, filepath.Join(p.dir, "done.txt")); got != orders {
			t.Errorf("done are %d bytes of %d", len(got), len(orders))
		}
	}
}
