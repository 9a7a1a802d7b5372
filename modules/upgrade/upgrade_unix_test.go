//go:build unix

package upgrade

import (
	"fmt"
	"path/filepath"
	"testing"
)

func TestUpgradeKeepsSocketsAndConnections(t *testing.T) {
	r := setUp(t).start()
	udp := r.await(`generation 1 udp (.*)`)
	before := r.snapshot()
	c := r.dial()
	c.want("hello", "1 hello")
	sock := r.dialTo("unix", filepath.Join(r.dir, "sock"))
	sock.want("hello", "1 hello")
	sock.Close()

	for gen := 2; gen < 5; gen++ {
		result := r.upgrade()
		if result.Generation != gen || result.Handed == 0 || result.Phase != Replaced {
			t.Errorf("got %+v", result)
		}
		c.want("still here", fmt.Sprintf("%d still here", gen))
		sock := r.dialTo("unix", filepath.Join(r.dir, "sock"))
		sock.want("hello", fmt.Sprintf("%d hello", gen))
		sock.Close()
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
