package upgrade

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// SIGTERM to the old process during an upgrade ends everything.
func TestStopDuringAnUpgradeLeavesNoProcess(t *testing.T) {
	for _, step := range []string{"spawned", "starting", "probation", "moving", "conns", "moved", "committing"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			r := setUp(t)
			conf := Config{PIDFile: filepath.Join(r.dir, "pid"), ReadyTimeout: patience, KillAfter: 5 * time.Second}
			if step == "probation" {
				conf.Probation = time.Minute
			}
			r.configure(conf)
			r.start()
			r.write("fault", "1 "+step+" term")
			r.idle()
			c := r.dial()
			if answer, err := c.ask("upgrade"); err == nil && !strings.HasPrefix(answer, "error ") {
				t.Errorf("got %s", answer)
			}
			r.await("^generation 1 ended: stopped .SIGTERM")
			r.awaitEnd()
			for _, name := range []string{"pid", "sock"} {
				if _, err := os.Lstat(filepath.Join(r.dir, name)); err == nil {
					t.Errorf("%s is left behind", name)
				}
			}
		})
	}
}

// Once the successor is in charge, SIGTERM to the old process no longer stops the
// service.
func TestStopAfterTheSuccessorHasTakenOverDoesNotEndTheService(t *testing.T) {
	r := setUp(t).start()
	r.write("fault", "1 replaced term")
	idle := r.dial()
	idle.want("hello", "1 hello")
	if result := r.upgrade(); result.Phase != Replaced {
		t.Errorf("got %+v", result)
	}
	if !r.said("^generation 1 ended: stopped .upgrade: generation 2") {
		t.Error("generation 1 ended for another reason than that it was replaced")
	}
	idle.want("hello", "2 hello")
	r.remove("fault")
	r.stop()
}

// A stop does not wait for a successor that hangs, and does not leave it behind.
func TestStopEndsASuccessorThatHangs(t *testing.T) {
	r := setUp(t)
	r.configure(Config{ReadyTimeout: time.Hour, KillAfter: time.Hour})
	r.write("stop", "10s")
	r.write("fault", "2 greeted hang")
	r.start()
	r.signal(r.cmd.Process.Pid, syscall.SIGUSR2)
	r.await(`^generation 2 at "greeted": hang`)
	r.signal(r.cmd.Process.Pid, syscall.SIGTERM)
	r.awaitEnd()
	if code := <-r.code; code != 0 {
		t.Errorf("got exit code %d, want 0", code)
	}
}
