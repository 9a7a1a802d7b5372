package upgrade

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire/wiretest"
)

// fail makes the program at the path a script that writes lines to standard error
// and ends.
func (r *rig) fail(script string) {
	r.t.Helper()
	r.remove("app")
	if err := os.WriteFile(filepath.Join(r.dir, "app"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// A program that dies before it can speak has written why: the answer has the end
// of that, how it ended and after what time, and the log has all of it.
func TestAnswerHasWhatASuccessorThatDiedWroteLast(t *testing.T) {
	for name, tt := range map[string]struct{ script, want string }{
		"exit status": {"exit 3", "it ended: exit status 3 after .*s; .* standard error: "},
		"signal":      {"kill -SEGV $$", "it ended: signal: segmentation fault.* after .*s; .* standard error: "},
	} {
		t.Run(name, func(t *testing.T) {
			r := setUp(t).start()
			before := r.settled()
			r.fail("for i in $(seq 25); do echo \"reason $i\" >&2; done\n" + tt.script + "\n")
			why := r.refused()
			if !matches(tt.want+"reason 6; reason 7; .*reason 25$", why) || strings.Contains(why, "reason 5;") {
				t.Errorf("got %q", why)
			}
			last := r.status().Last
			if last == nil || len(last.Stderr) != 20 || last.Stderr[0] != "reason 6" || last.Stderr[19] != "reason 25" {
				t.Errorf("got %+v", last)
			}
			for i := range 25 {
				r.awaitCount(fmt.Sprintf("^reason %d$", i+1), 1)
			}
			r.wantAsBefore(before)
			r.stop()
		})
	}
}

// What a successor writes that is connected goes where that of the old process
// goes, and outlives it.
func TestSuccessorWritesToTheRealStandardError(t *testing.T) {
	r := setUp(t).start()
	where := func() string {
		link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/2", r.snapshot().PID))
		if err != nil {
			t.Fatal(err)
		}
		return link
	}
	first := where()
	for range 2 {
		r.upgrade()
		if got := where(); got != first {
			t.Errorf("generation %d writes to %s, the first one wrote to %s", r.snapshot().Generation, got, first)
		}
	}
	r.stop()
}

// A successor of a release that knows nothing of this would lose its standard error
// with the old process. It is started again with the real one.
func TestOlderSuccessorIsStartedAgainWithTheRealStandardError(t *testing.T) {
	r := setUp(t)
	r.configure(Config{ReadyTimeout: time.Second, KillAfter: 100 * time.Millisecond})
	r.start()
	before := r.settled()
	r.write("speak", string(wiretest.Frame(1, wire.Starting, "")))
	if why := r.refused(); !matches("did not become ready within", why) {
		t.Errorf("got %q", why)
	}
	r.mu.Lock()
	spoke := slices.DeleteFunc(slices.Clone(r.lines), func(l string) bool { return !strings.HasPrefix(l, "speaks") })
	r.mu.Unlock()
	want := []string{"speaks, with standard error replaced: true", "speaks, with standard error replaced: false"}
	if !slices.Equal(spoke, want) {
		t.Errorf("got %q, want %q", spoke, want)
	}
	r.wantAsBefore(before)
	r.remove("speak")
	r.stop()
}

// The predecessor dies while the new process still writes through it.
func TestPredecessorThatDiesDoesNotTakeStandardErrorAlong(t *testing.T) {
	r := setUp(t)
	r.start()
	r.write("fault", "1 spawned die")
	r.write("noise", "")
	r.signal(r.cmd.Process.Pid, syscall.SIGUSR2)
	r.await("^generation 2 is the only one")
	r.awaitCount("^noise 100$", 1)
	r.remove("fault")
	r.remove("noise")
	r.stop()
}
