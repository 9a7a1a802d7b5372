package app

import (
	"math"
	"math/rand/v2"
	"time"
)

// Backoff limits how often a task that keeps failing is started again. Its
// semantics are those of a suture supervisor: every failure counts one, the
// count halves with every Decay that passes, and while it is over Threshold
// the next start waits for Pause. The zero value has suture's defaults.
type Backoff struct {
	Threshold float64       // failures that are restarted at once; 0 means 5
	Decay     time.Duration // half-life of the count; 0 means 30s
	Pause     time.Duration // wait over the threshold, varied by ±20 %; 0 means 15s
	GiveUp    int           // after so many failures in all the task is dead; 0 means never
}

func (b Backoff) withDefaults() Backoff {
	if b.Threshold == 0 {
		b.Threshold = 5
	}
	if b.Decay == 0 {
		b.Decay = 30 * time.Second
	}
	if b.Pause == 0 {
		b.Pause = 15 * time.Second
	}
	return b
}

// failures counts the failures of one task.
type failures struct {
	count float64
	total int
	last  time.Time
}

// next counts a failure at now and returns how long to wait before the next
// start; ok is false when the task should be given up.
func (f *failures) next(b Backoff, now time.Time) (wait time.Duration, ok bool) {
	if !f.last.IsZero() {
		f.count *= math.Pow(0.5, float64(now.Sub(f.last))/float64(b.Decay))
	}
	f.count++
	f.total++
	f.last = now
	if b.GiveUp > 0 && f.total >= b.GiveUp {
		return 0, false
	}
	if f.count <= b.Threshold {
		return 0, true
	}
	return time.Duration(float64(b.Pause) * (0.8 + 0.4*rand.Float64())), true
}
