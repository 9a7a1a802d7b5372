package upgrade

import (
	"errors"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

func TestPauseAfterFailuresDoublesUpToAMinute(t *testing.T) {
	p, now := process.Program{Path: "/app", Identity: process.Identity{Size: 1}}, time.Now()
	var b backoff
	var got []time.Duration
	for range 8 {
		b.failed(p, errors.New("no"), now)
		got = append(got, b.until.Sub(now))
		if b.allows(p, now) == nil || b.allows(p, b.until) != nil {
			t.Errorf("after %d failures: %v, %v", b.failures, b.allows(p, now), b.allows(p, b.until))
		}
	}
	want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}
	for i := range want {
		if want[i] *= time.Second; got[i] != want[i] {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	repaired := process.Program{Path: "/app", Identity: process.Identity{Size: 2}}
	if err := b.allows(repaired, now); err != nil {
		t.Errorf("another program is refused: %v", err)
	}
	b.failed(repaired, errors.New("no"), now)
	if b.failures != 1 {
		t.Errorf("got %d failures of another program, want 1", b.failures)
	}
}
