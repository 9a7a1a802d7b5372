package failure

import (
	"math"
	"math/rand/v2"
	"time"
)

// Limits are those of app.Backoff, which says what they mean. Only GiveUp may be
// zero.
type Limits struct {
	Threshold float64
	Decay     time.Duration
	Pause     time.Duration
	GiveUp    int
}

// Count counts the failures of one task. It is not safe for concurrent use.
type Count struct {
	Recent float64 // halves with every Decay that passes

	total int
	last  time.Time
}

// Next counts a failure at time now and returns how long to wait before the next
// start; ok is false when the task should not be started again.
func (c *Count) Next(l Limits, now time.Time) (wait time.Duration, ok bool) {
	if !c.last.IsZero() {
		c.Recent *= math.Pow(0.5, float64(now.Sub(c.last))/float64(l.Decay))
	}
	c.Recent++
	c.total++
	c.last = now
	if l.GiveUp > 0 && c.total >= l.GiveUp {
		return 0, false
	}
	if c.Recent <= l.Threshold {
		return 0, true
	}
	return time.Duration(float64(l.Pause) * (0.8 + 0.4*rand.Float64())), true
}
