package upgrade

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var failures = flag.Int("failures", 2, "how often the new process dies at each step in the test under load")

// crew is a number of clients that never retry and never connect again.
type crew struct {
	t     *testing.T
	conns []*conn
	lines atomic.Int64
	stop  chan struct{}
	all   sync.WaitGroup
}

// connectClients connects clients, over TCP and over the unix socket.
func (r *rig) connectClients(n int) *crew {
	r.t.Helper()
	c := &crew{t: r.t}
	for i := range n {
		conn := r.dial()
		if i%2 == 1 {
			conn.Close()
			conn = r.dialTo("unix", filepath.Join(r.dir, "sock"))
		}
		conn.want("hello", "1 hello")
		c.conns = append(c.conns, conn)
	}
	return c
}

func (c *crew) work() {
	c.stop = make(chan struct{})
	for i, conn := range c.conns {
		c.all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-c.stop:
					return
				default:
				}
				_ = conn.SetDeadline(time.Now().Add(2 * patience))
				line := fmt.Sprintf("client %d line %d", i, n)
				got, err := conn.ask(line)
				if err != nil || !strings.HasSuffix(got, " "+line) {
					c.t.Errorf("%s: got %q, %v", line, got, err)
					return
				}
				c.lines.Add(1)
			}
		})
	}
}

func (c *crew) rest() { close(c.stop); c.all.Wait() }

// workOn lets the clients work until they have sent 100 lines more.
func (c *crew) workOn() {
	c.work()
	for had := c.lines.Load(); c.lines.Load() < had+100 && !c.t.Failed(); <-time.After(time.Millisecond) { // the clients are at work
	}
	c.rest()
}

// refusedWhile has a new program that fails as fault says, such as "greeted die",
// while the clients are busy.
func (r *rig) refusedWhile(c *crew, rebuild func(), fault string) {
	r.t.Helper()
	rebuild()
	r.write("fault", "2 "+fault)
	c.work()
	why := r.refused()
	c.rest()
	if !matches("it ended|SIGTERM", why) {
		r.t.Errorf("%s: %s", fault, why)
	}
}

// rebuilds makes the program of the rig a copy, and returns a function that makes
// it a new program: after a failure the same one would have to wait.
func (r *rig) rebuilds() (rebuild func()) {
	r.t.Helper()
	program := filepath.Join(r.dir, "app")
	self, err := os.ReadFile(program)
	if err != nil {
		r.t.Fatal(err)
	}
	r.remove("app")
	if err := os.WriteFile(program, self, 0o755); err != nil {
		r.t.Fatal(err)
	}
	built := time.Now().Add(-time.Hour)
	return func() {
		built = built.Add(time.Second)
		if err := os.Chtimes(program, built, built); err != nil {
			r.t.Fatal(err)
		}
	}
}

// The new process dies at every step, again and again, while clients are busy:
// no client notices, the connections are the original ones, and nothing is left
// behind in the old process.
func TestSuccessorsThatDieUnderLoadCostNothing(t *testing.T) {
	r := setUp(t)
	rebuild := r.rebuilds()
	r.configure(Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: 5 * time.Second, Probation: 20 * time.Millisecond})
	r.start()
	clients := r.connectClients(16)
	before := r.settled()

	for round := range *failures {
		for _, step := range []string{
			"greeted die", "hook die", "hook exit", "hook term", "got PROBE die", "got PROBE term", "got CONNS die",
			"before ack die", "after ack die", "after ack exit", "after ack term", "got COMMIT die", "got COMMIT exit",
		} {
			r.refusedWhile(clients, rebuild, step)
			i := strings.LastIndexByte(step, ' ')
			r.awaitCount(fmt.Sprintf("^generation 2 at %q: %s", step[:i], step[i+1:]), round+1)
			r.wantAsBefore(before)
		}
	}
	r.remove("fault")
	r.retry()
	clients.workOn()
	for _, c := range clients.conns {
		c.want("hello", "2 hello")
		c.Close()
	}
	t.Logf("%d lines", clients.lines.Load())
	r.stop()
}

// The old process is killed at every step of the new one, which serves what it
// already holds.
func TestSuccessorIsOrphanedAtEveryStep(t *testing.T) {
	for step, holds := range map[string]bool{
		"greeted": false, "hook": false, "got PROBE": false, "got CONNS": true, "before ack": true, "after ack": true,
		"got COMMIT": true, "committed": true,
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			r := setUp(t)
			r.configure(Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: 5 * time.Second, Probation: 20 * time.Millisecond})
			r.start()
			idle := r.dial()
			idle.want("hello", "1 hello")
			r.write("fault", "2 "+step+" orphan")
			r.signal(r.cmd.Process.Pid, syscall.SIGUSR2)
			r.await("^generation 2 is the only one")
			alone := r.said("^generation 2 note: the predecessor died before it had handed over; carrying on alone")
			after := step == "got COMMIT" || step == "committed"
			if step != "after ack" && alone == after { // COMMIT may be on its way already
				t.Errorf("it says that it is alone: %v", alone)
			}
			if got, err := idle.ask("hello"); holds && (err != nil || got != "2 hello") || !holds && err == nil {
				t.Errorf("the connection: got %q, %v", got, err)
			}
			idle.Close()
			s := r.snapshot()
			if s.Generation != 2 {
				t.Errorf("got %+v", s)
			}
			r.awaitFile("pid", fmt.Sprint(s.PID))
			r.remove("fault")
			r.upgrade()
			r.stop()
		})
	}
}

// What a client sends on a connection that the new process holds waits for the
// process that serves the connection in the end.
func TestRequestOnAConnectionThatIsHeldIsAnswered(t *testing.T) {
	r := setUp(t).start()
	c := r.dial()
	c.want("hello", "1 hello")
	r.write("fault", "2 got COMMIT hang")
	asked := r.dial()
	if _, err := io.WriteString(asked, "upgrade\n"); err != nil {
		t.Fatal(err)
	}
	r.await(`^generation 2 at "got COMMIT": hang`)
	c.want("while it is held", "1 while it is held")
	if answer, err := asked.r.ReadString('\n'); err != nil || !matches("did not take over within", answer) {
		t.Errorf("got %q, %v", answer, err)
	}
	r.stop()
}
