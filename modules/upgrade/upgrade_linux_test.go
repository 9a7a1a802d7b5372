package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire/wiretest"
)

func TestUpgradeKeepsSocketsAndConnections(t *testing.T) {
	r := setUp(t).start()
	udp := r.await(`generation 1 udp (.*)`)
	before := r.snapshot()
	c := r.dial()
	c.want("hello", "1 hello")
	sock := r.dialTo("unix", filepath.Join(r.dir, "sock"))
	sock.want("hello", "1 hello")

	for gen := 2; gen < 5; gen++ {
		result := r.upgrade()
		if result.Generation != gen || result.Handed == 0 || result.Phase != Replaced {
			t.Errorf("got %+v", result)
		}
		c.want("still here", fmt.Sprintf("%d still here", gen))
		sock.want("still here", fmt.Sprintf("%d still here", gen))
		fresh := r.dialTo("unix", filepath.Join(r.dir, "sock"))
		fresh.want("hello", fmt.Sprintf("%d hello", gen))
		fresh.Close()
		if got := r.await(fmt.Sprintf(`generation %d udp (.*)`, gen)); got != udp {
			t.Errorf("generation %d: UDP on %s, want %s", gen, got, udp)
		}
	}
	if got, want := r.ask("kept"), "[1 2 3 4]"; got != want {
		t.Errorf("kept file: got %s, want %s", got, want)
	}
	after := r.snapshot()
	if got, want := after.PIDFile, fmt.Sprint(after.PID); got != want {
		t.Errorf("PID file: got %s, want %s", got, want)
	}
	if after.Environment != nil || after.Socket != before.Socket || after.Dir != before.Dir {
		t.Errorf("got %+v, before %+v", after, before)
	}
	if got := r.ask("inherited by a subprocess"); got != "0 sockets <nil>" {
		t.Errorf("a subprocess inherits %s", got)
	}
	r.stop()
}

// However the program was started, and whatever has become of the running file, the
// successor is the file at its path now.
func TestProgramAtThePathIsStarted(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		start func(r *rig, cmd *exec.Cmd)
		after func(r *rig, path string)
	}{
		"relative argv[0]": {start: func(_ *rig, cmd *exec.Cmd) { cmd.Path, cmd.Args = "./app", []string{"./app"} }},
		"by PATH": {start: func(r *rig, cmd *exec.Cmd) {
			cmd.Args = []string{"app"}
			cmd.Env = append(cmd.Env, "PATH="+r.dir+":"+os.Getenv("PATH"))
		}},
		"another argv[0]": {start: func(_ *rig, cmd *exec.Cmd) { cmd.Args = []string{"worker"} }},
		"renamed and replaced": {after: func(r *rig, path string) {
			os.Rename(path, path+".old")
			os.Symlink(self, path)
		}},
		"deleted and replaced": {after: func(r *rig, path string) {
			os.Remove(path)
			os.Symlink(self, path)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setUp(t)
			r.start(func(cmd *exec.Cmd) {
				if tt.start != nil {
					tt.start(r, cmd)
				}
			})
			if got := r.ask("chdir"); got != "<nil>" {
				t.Fatal(got)
			}
			if tt.after != nil {
				tt.after(r, filepath.Join(r.dir, "app"))
			}
			r.upgrade()
			if got := r.snapshot().Dir; got != r.dir {
				t.Errorf("generation 2 began in %s, want %s", got, r.dir)
			}
			r.upgrade()
			r.stop()
		})
	}
}

func TestProbationIsServedByBothAndThenPassed(t *testing.T) {
	r := setUp(t)
	r.configure(Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: patience, Probation: 500 * time.Millisecond, PreCheck: true})
	r.start()
	idle := r.dial()
	idle.want("hello", "1 hello")
	asked := r.dial()
	if _, err := asked.Write([]byte("upgrade\n")); err != nil {
		t.Fatal(err)
	}
	r.await("^generation 2 pid .* ready")
	for range 10 { // either may accept; the existing connection does not move
		if got := r.ask("hello"); got != "1 hello" && got != "2 hello" {
			t.Errorf("got %q", got)
		}
	}
	answer, err := asked.r.ReadString('\n')
	var result Result
	if err != nil || json.Unmarshal([]byte(answer), &result) != nil {
		t.Fatal(answer, err)
	}
	if result.Took < 500*time.Millisecond {
		t.Errorf("it took over after %v, before its probation was over", result.Took)
	}
	idle.want("hello", "2 hello")
	r.await("^generation 2 is the only one")
	if n := r.count("^generation 2 ended: .*only asked to check the configuration.*exit code 0"); n != 1 {
		t.Errorf("%d checks of the configuration, want 1", n)
	}
	r.stop()
}

// A successor of a predecessor with another version says so, and does not start.
func TestPredecessorOfAnotherVersionGetsTheReason(t *testing.T) {
	r := setUp(t)
	old := r.succeed()
	old.write(wiretest.Frame(9, wire.Hello, ""))
	m := old.hear(wire.Failed)
	if !strings.Contains(m.Text(), "speaks version 9 of the upgrade protocol, this one 1") {
		t.Errorf("got %q", m.Text())
	}
	old.wantEnd("it ended: exit status 1")
}

// What was cut is known only when the old process has no time left; the new one can
// still report it.
func TestSuccessorKnowsWhatBecameOfTheConnections(t *testing.T) {
	r := setUp(t)
	r.write("stop", "3s")
	r.start()
	idle, endless := r.dial(), r.dial()
	idle.want("hello", "1 hello")
	if _, err := endless.Write([]byte("endless\n")); err != nil {
		t.Fatal(err)
	}
	r.await("^generation 1 has an endless request")
	if s := r.status(); s.Handover != nil {
		t.Errorf("of the first generation: %+v", s.Handover)
	}
	if result := r.upgrade(); result.Cut != 0 {
		t.Errorf("cut before the drain has begun: %+v", result)
	}
	s := r.status()
	if s.Handover == nil || s.Handover.Handed == 0 || s.Handover.TakenBack != 0 || s.Handover.Cut != 1 {
		t.Errorf("got %+v, want some handed, none taken back, 1 cut", s.Handover)
	}
	if s.Handover != nil && !r.said(fmt.Sprintf(`^generation 1 ended: stopped .*, cut 1, handed %d; exit code 0`, s.Handover.Handed)) {
		t.Errorf("generation 1 did not say %+v", s.Handover)
	}
	idle.want("hello", "2 hello")
	r.stop()
}

// The old process stops while the goroutine of its upgrade waits for a processor.
func TestStopThatOutrunsItsUpgradeStillReportsAndLeavesTheSockets(t *testing.T) {
	r := setUp(t).start()
	idle := r.dial()
	idle.want("hello", "1 hello")
	r.write("fault", "1 stopping dawdle")
	r.signal(r.snapshot().PID, syscall.SIGUSR2)
	r.await("^generation 2 is the only one")
	if s := r.status(); s.Handover == nil || s.Handover.Handed == 0 {
		t.Errorf("got %+v, want some handed", s.Handover)
	}
	idle.want("hello", "2 hello")
	if _, err := os.Stat(filepath.Join(r.dir, "sock")); err != nil {
		t.Errorf("the successor's socket: %v", err)
	}
	r.awaitFile("pid", fmt.Sprint(r.snapshot().PID))
	r.stop()
}

// The stop of the old process runs out of time before the goroutine of its upgrade
// gets a processor again.
func TestSuccessorOutlivesAStopThatIsOutOfTime(t *testing.T) {
	r := setUp(t)
	r.write("stop", "2s")
	r.write("fault", "1 stopping hang")
	r.start()
	idle := r.dial()
	idle.want("hello", "1 hello")
	r.signal(r.snapshot().PID, syscall.SIGUSR2)
	r.await("^generation 2 is the only one")
	idle.want("hello", "2 hello")
	if _, err := os.Stat(filepath.Join(r.dir, "sock")); err != nil {
		t.Errorf("the successor's socket: %v", err)
	}
	r.awaitFile("pid", fmt.Sprint(r.snapshot().PID))
	r.remove("stop")
	r.stop()
}

// The successor's configuration names another PID file.
func TestPIDFileThatIsNamedAnewIsNotLeftBehind(t *testing.T) {
	r := setUp(t).start()
	elsewhere := filepath.Join(r.dir, "elsewhere")
	r.configure(Config{PIDFile: elsewhere, ReadyTimeout: patience, KillAfter: patience})
	r.upgrade()
	r.awaitFile("elsewhere", fmt.Sprint(r.snapshot().PID))
	if _, err := os.Stat(filepath.Join(r.dir, "pid")); !os.IsNotExist(err) {
		t.Errorf("the old file: %v", err)
	}
	r.stop()
	if _, err := os.Stat(elsewhere); !os.IsNotExist(err) {
		t.Errorf("the new file: %v", err)
	}
}

// An old process of a later release, which speaks the same version and sends more
// than we know, is understood. Here the test is that process.
func TestPredecessorThatSaysMoreIsUnderstood(t *testing.T) {
	r := setUp(t)
	old := r.succeed()
	old.say(wire.Hello, fmt.Sprintf(`{"pid":%d,"generation":7,"files":0,"region":"west","limits":{"fds":9}}`, os.Getpid()))
	old.hear(wire.Starting)
	old.hear(wire.Ready)
	old.say(wire.Probe, `{"why":"curious"}`)
	old.hear(wire.Health)
	old.say(wire.Commit, `{"at":1}`)
	old.hear(wire.Committed)
	old.say(wire.Done, `{"cut":0,"of":"web"}`)
	old.hangUp()
	r.awaitFile("pid", fmt.Sprint(old.proc.PID))
	r.signal(old.proc.PID, syscall.SIGTERM)
	old.wantEnd("it ended: exit status 0")
}
