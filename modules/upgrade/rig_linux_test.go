package upgrade

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
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

func (r *rig) read(out *os.File, ended chan<- struct{}) {
	defer close(ended)
	defer out.Close()
	for s := bufio.NewScanner(out); s.Scan(); {
		r.mu.Lock()
		r.lines = append(r.lines, s.Text())
		close(r.news)
		r.news = make(chan struct{})
		r.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	close(r.news)
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

// await waits for a line of output and returns the first group of it.
func (r *rig) await(pattern string) string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(patience)
	for seen := 0; ; {
		r.mu.Lock()
		lines, news, over := r.lines, r.news, r.over
		r.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if m := re.FindStringSubmatch(lines[seen]); m != nil {
				return m[len(m)-1]
			}
		}
		if over {
			r.t.Fatalf("every generation has ended without a line %q", pattern)
		}
		select {
		case <-news:
		case <-timeout:
			r.t.Fatalf("waited in vain for a line %q", pattern)
		}
	}
}

// awaitCount waits until n lines of output match: the output of a process may come
// later than its effects.
func (r *rig) awaitCount(pattern string, n int) {
	r.t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		news := r.news
		r.mu.Unlock()
		if r.count(pattern) >= n {
			return
		}
		select {
		case <-news:
		case <-timeout:
			r.t.Fatalf("waited in vain for line %d of %q", n, pattern)
		}
	}
}

func (r *rig) said(pattern string) bool { return r.count(pattern) > 0 }

// count returns how many lines match.
func (r *rig) count(pattern string) (n int) {
	re := regexp.MustCompile(pattern)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if re.MatchString(line) {
			n++
		}
	}
	return n
}

// awaitEnd waits until no generation is left.
func (r *rig) awaitEnd() {
	r.t.Helper()
	timeout := time.After(2 * patience)
	for {
		r.mu.Lock()
		news, over := r.news, r.over
		r.mu.Unlock()
		if over {
			return
		}
		select {
		case <-news:
		case <-timeout:
			r.t.Fatalf("still alive: %v", r.pids())
		}
	}
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

// conn is a client that never retries.
type conn struct {
	t *testing.T
	net.Conn
	r        *bufio.Reader
	overHTTP bool // a line is the body of a request
	http2    *http.Transport
	kept     func(line string) (string, error) // of one that moves while its handler runs
	stream   bool                              // of events
}

// idle leaves connections that have been used. There are several, since one whose
// answer has only just come is not idle yet, and moves when the step under test is
// over. They are kept until the test ends: otherwise the garbage collector would
// close them.
func (r *rig) idle() {
	r.t.Helper()
	for range 4 {
		c := r.dial()
		c.want("hello", "1 hello")
		r.t.Cleanup(func() { c.Close() })
	}
}

func (r *rig) dial() *conn { return r.dialTo("tcp", r.addr) }

func (r *rig) dialTo(network, addr string) *conn {
	r.t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(2 * patience))
	return &conn{t: r.t, Conn: c, r: bufio.NewReader(c)}
}

func (c *conn) ask(line string) (string, error) {
	switch {
	case c.kept != nil:
		return c.kept(line)
	case c.overHTTP:
		return c.askHTTP(line)
	}
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := c.r.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func (c *conn) want(line, want string) {
	c.t.Helper()
	if got, err := c.ask(line); err != nil || got != want {
		c.t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
	}
}

// ask sends a line on a new connection.
func (r *rig) ask(line string) string {
	r.t.Helper()
	c := r.dial()
	defer c.Close()
	answer, err := c.ask(line)
	if err != nil {
		r.t.Fatalf("%s: %v", line, err)
	}
	return answer
}

// upgrade returns the result of an upgrade that succeeds.
func (r *rig) upgrade() Result {
	r.t.Helper()
	answer := r.ask("upgrade")
	var result Result
	if err := json.Unmarshal([]byte(answer), &result); err != nil {
		r.t.Fatalf("upgrade: %s", answer)
	}
	r.await(fmt.Sprintf("^generation %d ended", result.Generation-1))
	r.await(fmt.Sprintf("^generation %d is the only one", result.Generation))
	return result
}

// refused returns the error of an upgrade that fails.
func (r *rig) refused() string {
	r.t.Helper()
	answer := r.ask("upgrade")
	text, ok := strings.CutPrefix(answer, "error ")
	if !ok {
		r.t.Fatalf("upgrade: got %q, want an error", answer)
	}
	return text
}

func (r *rig) snapshot() (s snapshot) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.ask("snapshot")), &s); err != nil {
		r.t.Fatal(err)
	}
	s.Memory = resident(s.PID)
	return s
}

func (r *rig) status() (s Status) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.ask("status")), &s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

// resident returns the resident memory of a process.
func resident(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	var size, pages int
	_, _ = fmt.Sscan(string(b), &size, &pages)
	return pages * os.Getpagesize()
}

// state returns a snapshot of everything that can be compared.
func (r *rig) state() snapshot {
	r.t.Helper()
	s := r.snapshot()
	s.Memory = 0
	return s
}

// settled returns a snapshot of a process in which nothing is still ending.
func (r *rig) settled() snapshot {
	r.t.Helper()
	last, same := r.state(), 0
	for end := time.Now().Add(patience); same < 3 && time.Now().Before(end); <-time.After(20 * time.Millisecond) { // there is no event for what ends in another process
		now := r.state()
		if same++; !reflect.DeepEqual(now, last) {
			last, same = now, 0
		}
	}
	return last
}

// wantAsBefore waits until everything is as it was. What is ending needs a moment.
func (r *rig) wantAsBefore(before snapshot) {
	r.t.Helper()
	var now snapshot
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(20 * time.Millisecond) { // as above
		if now = r.state(); reflect.DeepEqual(now, before) {
			return
		}
	}
	r.t.Errorf("not as before:\n got %+v\nwant %+v", now, before)
}

// retry upgrades once the pause after a failure is over.
func (r *rig) retry() {
	r.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(50 * time.Millisecond) { // nor for the end of the pause
		answer := r.ask("upgrade")
		if strings.Contains(answer, "in a row has just failed") {
			continue
		}
		var result Result
		if err := json.Unmarshal([]byte(answer), &result); err != nil {
			r.t.Fatalf("upgrade after a failure: %s", answer)
		}
		r.await(fmt.Sprintf("^generation %d is the only one", result.Generation))
		return
	}
	r.t.Fatal("the pause after a failure does not end")
}

func (r *rig) awaitFile(name, want string) {
	r.t.Helper()
	var got []byte
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(10 * time.Millisecond) { // nor for a file
		if got, _ = os.ReadFile(filepath.Join(r.dir, name)); strings.TrimSpace(string(got)) == want {
			return
		}
	}
	r.t.Errorf("%s: got %q, want %q", name, got, want)
}

func matches(pattern, s string) bool { return regexp.MustCompile("(?s)" + pattern).MatchString(s) }
