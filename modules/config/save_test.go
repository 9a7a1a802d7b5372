package config

import (
	"testing"
	"time"
)

func TestWhenASaveIsTakenForComplete(t *testing.T) {
	const ms = time.Millisecond
	begin := time.Now()
	for _, c := range []struct {
		name    string
		events  []time.Duration // after begin
		writing bool
		told    time.Duration // when the change before the last was told
		want    time.Duration
	}{
		{"a rename", []time.Duration{0}, false, -time.Hour, 50 * ms},
		{"several at once", []time.Duration{0, 10 * ms, 20 * ms}, false, -time.Hour, 70 * ms},
		{"a write", []time.Duration{0}, true, -time.Hour, 200 * ms},
		{"pieces", []time.Duration{0, 70 * ms, 140 * ms}, true, -time.Hour, 420 * ms},
		{"who takes long may pause for long", []time.Duration{0, 250 * ms}, true, -time.Hour, 750 * ms},
		{"no rest", []time.Duration{0, 900 * ms, 990 * ms}, false, -time.Hour, 1000 * ms},
		{"the third in a second waits", []time.Duration{0}, false, -500 * ms, 500 * ms},
		{"and for its end", []time.Duration{0, 480 * ms}, false, -500 * ms, 530 * ms},
		{"which it must come to", []time.Duration{0, 1490 * ms}, false, -500 * ms, 1500 * ms},
	} {
		var s save
		for _, at := range c.events {
			s.event(begin.Add(at), c.writing)
		}
		if got := s.complete(begin.Add(c.told)).Sub(begin); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
