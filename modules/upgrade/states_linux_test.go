package upgrade

import (
	"io"
	"testing"
	"time"
)

// typists returns clients of the server of numbered lines, each in the middle of a
// line.
func (r *rig) typists(n int) (all []*conn) {
	r.t.Helper()
	addr := r.await("^generation 1 lines (.*)$")
	for range n {
		c := r.dialTo("tcp", addr)
		c.want("one", "1 one")
		if _, err := io.WriteString(c, "half "); err != nil {
			r.t.Fatal(err)
		}
		all = append(all, c)
		r.t.Cleanup(func() { c.Close() })
	}
	return all
}

// What was read of a line and the count of lines go with the connection.
func TestConnectionsAreHandedOverWithWhatWasReadAndTheirState(t *testing.T) {
	r := setUp(t).start()
	typists := r.typists(300) // more than one message holds
	result := r.upgrade()
	if result.Handed < len(typists) || result.TakenBack != 0 {
		t.Errorf("got %+v, want %d handed over", result, len(typists))
	}
	for _, c := range typists {
		c.want("a line", "2 half a line")
	}
	r.upgrade()
	for _, c := range typists {
		c.want("more", "3 more")
		c.Close()
	}
	r.stop()
}

// Whatever the successor dies of, the old process goes on with the count and the
// half line of each connection.
func TestConnectionsWithAStateAreTakenBack(t *testing.T) {
	for name, tt := range map[string]struct{ fault, why string }{
		"crashes at the first batch":    {"2 got STATES die", "it ended: signal: killed"},
		"crashes after it acknowledges": {"2 after ack die", "it ended: signal: killed"},
		"is stopped as COMMIT comes":    {"2 got COMMIT term", "SIGTERM"},
		"crashes at commit":             {"2 got COMMIT die", "it ended: signal: killed"},
		"hangs at commit":               {"2 got COMMIT hang", "did not take over within"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setUp(t).start()
			typists := r.typists(20)
			before := r.settled()
			r.write("fault", tt.fault)
			if why := r.refused(); !matches(tt.why, why) {
				t.Errorf("got %q, want %q", why, tt.why)
			}
			for _, c := range typists {
				c.want("a line", "2 half a line")
			}
			r.wantAsBefore(before)
			r.remove("fault")
			r.retry()
			for _, c := range typists {
				c.want("more", "3 more")
				c.Close()
			}
			r.stop()
		})
	}
}

// A successor of an older release gets none of them: they are served where they
// are, and end when their clients have been silent for a while.
func TestOlderSuccessorGetsNoConnectionsWithAState(t *testing.T) {
	r := setUp(t).start()
	typists := r.typists(5)
	idle := r.dial()
	idle.want("hello", "1 hello")
	r.write("stateless", "")
	answer := r.ask("upgrade")
	for _, c := range typists {
		_ = c.SetDeadline(time.Now().Add(patience))
		c.want("a line", "2 half a line")
	}
	for _, c := range typists {
		if _, err := c.r.ReadByte(); err != io.EOF {
			t.Errorf("got %v, want the end of the connection", err)
		}
	}
	r.await("^generation 2 is the only one")
	idle.want("hello", "2 hello")
	if matches("^error", answer) {
		t.Error(answer)
	}
	r.remove("stateless")
	r.stop()
}
