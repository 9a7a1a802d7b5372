package deadline

import (
	"testing"
	"testing/synctest"
	"time"
)

// While the client is idle, the idle timeout applies. From the first byte on the
// header gets the time that net/http allows, and the whole request gets as much
// more as the client was idle.
func TestDeadlinesCountFromTheFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Shift
		began := time.Now()
		if got := s.Quiet(began.Add(5*time.Second), time.Minute).Sub(began); got != time.Minute {
			t.Errorf("idle: the deadline is in %v, want a minute", got)
		}
		time.Sleep(40 * time.Second) // of the bubble
		if got := s.FirstByte().Sub(began); got != 45*time.Second {
			t.Errorf("header: the deadline is after %v, want 45s", got)
		}
		if got := s.Late(began.Add(10 * time.Second)).Sub(began); got != 50*time.Second {
			t.Errorf("request: the deadline is after %v, want 50s", got)
		}
	})
}

func TestWithoutTimeoutsThereIsNoDeadline(t *testing.T) {
	var s Shift
	for name, d := range map[string]time.Time{"idle": s.Quiet(time.Time{}, 0), "header": s.FirstByte(), "request": s.Late(time.Time{})} {
		if !d.IsZero() {
			t.Errorf("%s: got a deadline %v", name, d)
		}
	}
}
