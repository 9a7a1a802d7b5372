package upgrade

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestTenUpgradeSignalsMakeOneGeneration(t *testing.T) {
	r := setUp(t).start()
	first := r.cmd.Process.Pid
	for range 10 {
		r.signal(first, syscall.SIGUSR2)
	}
	if code := <-r.code; code != 0 {
		t.Errorf("generation 1 exited with %d", code)
	}
	r.await("^generation 2 is the only one")
	if r.said("^generation 3") || len(r.pids()) != 1 {
		t.Errorf("processes: %v", r.pids())
	}
	r.stop()
}

func TestUpgradeIsRefusedWhileThePredecessorDrains(t *testing.T) {
	r := setUp(t).start()
	busy := r.dial()
	if _, err := io.WriteString(busy, "half a li"); err != nil {
		t.Fatal(err)
	}
	r.ask("hello") // the server has read what came before
	asked := r.dial()
	if answer, err := asked.ask("upgrade"); err != nil || strings.HasPrefix(answer, "error") {
		t.Fatal(answer, err)
	}
	if why := r.refused(); !matches("the predecessor still drains; try again", why) {
		t.Error(why)
	}
	if r.said("^generation 2 is the only one") {
		t.Error("a sole task runs beside the predecessor")
	}
	busy.want("ne", "1 half a line")
	busy.want("and another", "2 and another") // it has moved when it was done
	r.await("^generation 2 is the only one")
	r.upgrade()
	r.stop()
}

func TestFailuresInARowAreSlowedDownUntilTheProgramChanges(t *testing.T) {
	r := setUp(t).start()
	r.write("fail2", "no database")
	r.refused()
	if why := r.refused(); !matches("upgrade 1 in a row has just failed .*no database.; try again in", why) {
		t.Error(why)
	}
	var s Status
	if err := json.Unmarshal([]byte(r.ask("status")), &s); err != nil || s.Failures != 1 || s.RetryAt.IsZero() || s.Last == nil || s.Phase != Idle {
		t.Errorf("got %+v, %v", s, err)
	}
	r.remove("fail2")
	self, err := os.ReadFile(filepath.Join(r.dir, "app"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("app2", string(self))
	if err := os.Chmod(filepath.Join(r.dir, "app2"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(r.dir, "app2"), filepath.Join(r.dir, "app")); err != nil {
		t.Fatal(err)
	}
	r.upgrade()
	r.stop()
}
