package upgrade

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire/wiretest"
)

// otherMachine is the header of a program for another kind of machine.
var otherMachine = "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\xff\x00\x01\x00\x00\x00" + strings.Repeat("\x00", 40)

// Whatever is wrong with the new process, and whenever, the old one answers why,
// everything is as it was, connections live on, and a second attempt works once the
// fault is repaired.
func TestFailedUpgradeChangesNothing(t *testing.T) {
	app := func(r *rig, name string) string { return filepath.Join(r.dir, name) }
	replace := func(r *rig, content string, mode os.FileMode) {
		r.remove("app")
		if err := os.WriteFile(app(r, "app"), []byte(content), mode); err != nil {
			r.t.Fatal(err)
		}
	}
	fault := func(line string) func(*rig) { return func(r *rig) { r.write("fault", line) } }
	quick := func(c *Config) { c.ReadyTimeout = time.Second; c.KillAfter = 100 * time.Millisecond }
	brief := func(c *Config) { c.KillAfter = 100 * time.Millisecond }
	onProbation := func(c *Config) { c.Probation = time.Minute }
	checked := func(c *Config) { c.PreCheck = true }

	for name, tt := range map[string]struct {
		fault func(r *rig)
		conf  func(*Config)
		why   string
	}{
		"missing":                    {fault: func(r *rig) { r.remove("app") }, why: "no program at .*/app: put the new one there"},
		"not executable":             {fault: func(r *rig) { replace(r, "#!/bin/sh\n", 0o644) }, why: "is not executable: chmod"},
		"directory":                  {fault: func(r *rig) { r.remove("app"); _ = os.Mkdir(app(r, "app"), 0o755) }, why: "is a directory"},
		"dangling symlink":           {fault: func(r *rig) { r.remove("app"); _ = os.Symlink("nowhere", app(r, "app")) }, why: "no program at"},
		"wrong architecture":         {fault: func(r *rig) { replace(r, otherMachine, 0o755) }, why: "not a program for this machine"},
		"half written":               {fault: func(r *rig) { replace(r, "", 0o755) }, why: "not a program for this machine"},
		"cut off":                    {fault: cutOff, why: "it ended: signal|not a program for this machine|it ended: exit status"},
		"script without interpreter": {fault: func(r *rig) { replace(r, "echo hello\n", 0o755) }, why: "not a program for this machine"},
		"script of a missing one":    {fault: func(r *rig) { replace(r, "#!/nowhere/sh\n", 0o755) }, why: "the interpreter that its first line names is missing"},
		"being written":              {fault: func(r *rig) { replace(r, otherMachine, 0o755); keepWriting(r) }, why: "rename it into place"},
		"another program":            {fault: func(r *rig) { replace(r, "#!/bin/sh\nexit 7\n", 0o755) }, why: "it ended: exit status 7"},
		"never answers":              {fault: func(r *rig) { replace(r, "#!/bin/sh\nsleep 1000\n", 0o755) }, conf: quick, why: "did not become ready within 1s"},
		"cannot be built":            {fault: func(r *rig) { r.write("refuse", "todo.yaml:4:3: unknown key") }, why: "todo.yaml:4:3: unknown key"},
		"checked and refused":        {fault: func(r *rig) { r.write("refuse", "todo.yaml:4:3: unknown key") }, conf: checked, why: "refuses to start: todo.yaml:4:3: unknown key"},
		"speaks a newer protocol":    {fault: func(r *rig) { r.write("speak", string(wiretest.Frame(9, wire.Starting, ""))) }, conf: brief, why: "speaks version 9 of the upgrade protocol, this one 1"},
		"speaks nonsense":            {fault: func(r *rig) { r.write("speak", "HTTP/1.1 400 Bad Request\r\n\r\n") }, conf: brief, why: "not the upgrade protocol"},
		"says READY unasked":         {fault: func(r *rig) { r.write("speak", string(wiretest.Frame(1, wire.Committed, ""))) }, conf: brief, why: "it sent COMMITTED where READY was due"},
		"hook fails":                 {fault: func(r *rig) { r.write("fail2", "no database") }, why: "no database"},
		"exits while it starts":      {fault: fault("2 hook exit"), why: "it ended: exit status 3"},
		"crashes at once":            {fault: fault("2 greeted die"), why: "it ended: signal: killed"},
		"crashes while it starts":    {fault: fault("2 hook die"), why: "it ended: signal: killed"},
		"hangs while it starts":      {fault: fault("2 hook hang"), conf: quick, why: "did not become ready within 1s"},
		"hangs before it greets":     {fault: fault("2 greeted hang"), conf: quick, why: "did not become ready within 1s"},
		"is stopped while it starts": {fault: fault("2 hook term"), why: "SIGTERM"},
		// On a busy machine the first PROBE comes while it still starts.
		"crashes on probation":           {fault: fault("2 got PROBE die"), conf: onProbation, why: "(on probation: )?it ended: signal: killed"},
		"is stopped on probation":        {fault: fault("2 got PROBE term"), conf: onProbation, why: "SIGTERM"},
		"turns red on probation":         {fault: func(r *rig) { r.write("red2", "") }, conf: onProbation, why: "not ready any more: not ready; .*green: red"},
		"crashes at the first batch":     {fault: fault("2 got CONNS die"), why: "while connections moved: .*it ended: signal: killed"},
		"crashes before it acknowledges": {fault: fault("2 before ack die"), why: "while connections moved: .*it ended: signal: killed"},
		"hangs before it acknowledges":   {fault: fault("2 before ack hang"), conf: brief, why: "did not acknowledge connections within"},
		"crashes after it acknowledges":  {fault: fault("2 after ack die"), why: "it ended: signal: killed"},
		"fails while connections move":   {fault: fault("2 after ack term"), why: "SIGTERM"},
		"is stopped as COMMIT comes":     {fault: fault("2 got COMMIT term"), why: "SIGTERM"},
		"crashes at commit":              {fault: fault("2 got COMMIT die"), why: "it ended: signal: killed"},
		"hangs at commit":                {fault: fault("2 got COMMIT hang"), conf: brief, why: "did not take over within"},
		"cannot write the PID file":      {fault: func(r *rig) { r.write("config.2", "/nowhere/pid") }, why: "PID file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setUp(t)
			conf := Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: 5 * time.Second}
			if tt.conf != nil {
				tt.conf(&conf)
			}
			r.configure(conf)
			r.start()
			c := r.dial()
			c.want("hello", "1 hello")
			before := r.settled()
			os.Rename(filepath.Join(r.dir, "app"), filepath.Join(r.dir, "good"))
			os.Symlink("good", filepath.Join(r.dir, "app"))
			tt.fault(r)

			why := r.refused()
			if !matches(tt.why, why) {
				t.Errorf("got %q, want %q", why, tt.why)
			}
			c.want("hello", "1 hello")
			r.wantAsBefore(before)
			if got := r.pids(); len(got) != 1 {
				t.Errorf("processes are left: %v", got)
			}

			for _, f := range []string{"fault", "speak", "refuse", "fail2", "red2", "config.2"} {
				_ = os.Remove(filepath.Join(r.dir, f))
			}
			_ = os.RemoveAll(filepath.Join(r.dir, "app"))
			_ = os.Symlink("good", filepath.Join(r.dir, "app"))
			conf.Probation, conf.ReadyTimeout = 0, patience
			r.configure(conf)
			r.retry()
			c.want("hello", "2 hello")
			c.Close()
			r.stop()
		})
	}
}

// cutOff leaves the first half of the program, like a copy that was interrupted.
func cutOff(r *rig) {
	path := filepath.Join(r.dir, "app")
	whole, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	r.remove("app")
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o755); err != nil {
		r.t.Fatal(err)
	}
}

func keepWriting(r *rig) {
	f, err := os.OpenFile(filepath.Join(r.dir, "app"), os.O_WRONLY, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { f.Close() })
}

// A successor that dies in the instant after it has taken over has served, so its
// connections are lost, as in any crash, and reported as cut; the old process has
// not gone yet, and stays.
func TestSuccessorThatCrashesAsItTakesOverIsReplacedByTheOldProcess(t *testing.T) {
	r := setUp(t).start()
	r.write("fault", "2 committed die\n1 commit sent outlive")
	before := r.settled()
	idle := r.dial()
	idle.want("hello", "1 hello")
	asked := r.dial()
	answer, err := asked.ask("upgrade")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(answer, "error ") {
		t.Errorf("got %s", answer)
	}
	if got, err := idle.ask("hello"); err == nil {
		t.Errorf("a connection of the dead process answers %s", got)
	}
	idle.Close()
	asked.Close()
	if got := r.ask("hello"); got != "1 hello" {
		t.Error(got)
	}
	if last := r.status().Last; last == nil || last.Handed == 0 || last.Cut != last.Handed {
		t.Errorf("got %+v, want what it had handed as cut", last)
	}
	r.wantAsBefore(before)
	r.remove("fault")
	r.retry()
	r.stop()
}

// A successor that may hold fewer files than there are connections takes over
// all the same; the old process keeps the rest until their clients are done.
func TestSuccessorOutOfFilesTakesWhatItCan(t *testing.T) {
	r := setUp(t).start()
	conns := make([]*conn, 80)
	for i := range conns {
		conns[i] = r.dial()
		conns[i].want("hello", "1 hello")
	}
	r.write("fault", "2 hook nofile")
	var result Result
	if err := json.Unmarshal([]byte(r.ask("upgrade")), &result); err != nil {
		t.Fatal(err)
	}
	if result.Handed == 0 || result.TakenBack == 0 || result.Handed+result.TakenBack < len(conns) {
		t.Errorf("handed %d, taken back %d, of %d", result.Handed, result.TakenBack, len(conns))
	}
	answers := map[string]int{}
	for _, c := range conns {
		answer, err := c.ask("hello")
		if err != nil && err != io.EOF {
			answer = err.Error()
		}
		answers[answer]++
		c.Close()
	}
	if answers["2 hello"] < result.Handed-1 {
		t.Errorf("got %v, handed %d", answers, result.Handed)
	}
	r.await("^generation 1 ended: stopped")
	r.stop()
}

// The old process is killed at every step. The new one, as far as it has come,
// carries on alone, on the same sockets, and says so.
func TestKilledPredecessorIsSurvived(t *testing.T) {
	for _, step := range []string{"spawned", "starting", "probation", "moving", "conns", "moved", "committing", "commit sent", "replaced"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			r := setUp(t)
			conf := Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: 5 * time.Second}
			if step == "probation" {
				conf.Probation = 100 * time.Millisecond
			}
			r.configure(conf)
			r.start()
			r.write("fault", "1 "+step+" die")
			first := r.cmd.Process.Pid
			r.idle()
			asked := r.dial()
			_, err := asked.ask("upgrade")
			if err == nil {
				t.Error("the killed process has answered")
			}
			if step == "starting" { // it had not started anything
				r.awaitEnd()
				return
			}
			r.await("^generation 2 is the only one")
			if step != "replaced" && step != "commit sent" && !r.said("generation 2 note: the predecessor died before it had handed over; carrying on alone") {
				t.Error("it does not say that it is alone")
			}
			addr := r.await("^generation 2 pid .* ready on (.*)")
			if addr != r.addr {
				t.Errorf("generation 2 on %s, want %s", addr, r.addr)
			}
			r.addr = addr
			s := r.snapshot()
			if s.Generation != 2 || s.PID == first {
				t.Errorf("got %+v", s)
			}
			if got, want := s.PIDFile, fmt.Sprint(s.PID); got != want {
				r.awaitFile("pid", want)
			}
			r.remove("fault")
			r.upgrade()
			r.stop()
		})
	}
}
