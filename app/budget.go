package app

import (
	"fmt"
	"time"
)

// budget divides the time of one stop among its phases.
//
// Every phase may use what is left, minus the reserves of the phases after
// it. So time that one phase does not use rolls on to the next, and no phase
// can eat what a later one was promised.
type budget struct {
	began    time.Time
	deadline time.Time
	whole    time.Duration // what shares are of: the budget before anyone was in a hurry
	hurried  bool          // Drain only cuts, and needs no time
	conf     StopConfig
	members  [Final + 1]int // how many functions each phase has
}

// share is the reserve of a phase in percent of the whole, where the
// configuration names none. The rest, 36 %, is for Announce and LameDuck, and
// like all unspent time it rolls on to Drain.
var share = [Final + 1]time.Duration{Unbind: 4, Drain: 24, Tasks: 12, Resources: 20, Final: 4}

func newBudget(began time.Time, conf StopConfig) *budget {
	return &budget{began: began, deadline: began.Add(conf.Timeout), whole: conf.Timeout, conf: conf}
}

// reserve is what phase p can count on. Reserves shrink in proportion when
// the budget became smaller than the one they were made for.
func (b *budget) reserve(p Phase) time.Duration {
	if b.members[p] == 0 || p == Drain && b.hurried {
		return 0
	}
	length := max(b.whole, 0)
	var given time.Duration
	switch p {
	case LameDuck:
		return 0 // waiting is what a stop can best do without
	case Drain:
		given = b.conf.Reserve.Drain
	case Tasks:
		given = b.conf.Reserve.Tasks
	case Resources:
		given = b.conf.Reserve.Resources
	case Final:
		given = b.conf.Reserve.Final
	}
	if given == 0 {
		return length * share[p] / 100
	}
	if length < b.conf.Timeout {
		return time.Duration(float64(given) * float64(length) / float64(b.conf.Timeout))
	}
	return given
}

// end is when phase p must be over.
func (b *budget) end(p Phase) time.Time {
	later := time.Duration(0)
	for q := p + 1; q <= Final; q++ {
		later += b.reserve(q)
	}
	return b.deadline.Add(-later)
}

// grace is how long a function whose context has expired may take to return
// before it is abandoned. It is part of the span it is given, not beside it.
func (b *budget) grace(span time.Duration) time.Duration {
	return max(min(b.graceLimit(), span/4), 0)
}

// patience is the most that grace can be: a part of the budget, but enough for
// a goroutine that has to wait for a core of a busy machine.
func (b *budget) graceLimit() time.Duration { return max(b.whole/20, 100*time.Millisecond) }

// spanEnd is when the context of a function that begins now in phase p
// expires, or of all functions of p where they run at the same time.
func (b *budget) spanEnd(p Phase, now time.Time, limit time.Duration, othersWait bool) time.Time {
	span := slot(b.end(p).Sub(now), limit, othersWait)
	return now.Add(span - b.grace(span))
}

// lameDuck is how long the lame duck may really last, beginning now.
func (b *budget) lameDuck(now time.Time) time.Duration {
	return max(min(b.conf.LameDuck, b.end(LameDuck).Sub(now)), 0)
}

// shrink moves the deadline nearer, never away.
func (b *budget) shrink(to time.Time) bool {
	if !to.Before(b.deadline) {
		return false
	}
	b.deadline = to
	b.whole = to.Sub(b.began)
	return true
}

// hurry moves the deadline to what the phases after Drain were promised, and a
// moment to cut in. Their reserves stay what they are.
func (b *budget) hurry(now time.Time) {
	b.hurried = true
	to := now.Add(2 * b.graceLimit())
	for p := Unbind; p <= Final; p++ {
		to = to.Add(b.reserve(p))
	}
	if to.Before(b.deadline) {
		b.deadline = to
	}
}

// slot is the time of one function: its own cap if it has one, and of what is
// left in a phase where members take turns never more than half while others
// wait, so that one that hangs cannot take all.
func slot(left, limit time.Duration, othersWait bool) time.Duration {
	if othersWait {
		left /= 2
	}
	if limit > 0 {
		left = min(left, limit)
	}
	return max(left, 0)
}

// fits names what cannot work as configured, for warnings at the start.
func (b *budget) warnings() (warnings []error) {
	kept := time.Duration(0)
	for p := Unbind; p <= Final; p++ {
		kept += b.reserve(p)
	}
	if room := b.whole - kept; b.conf.LameDuck > room {
		warnings = append(warnings, fmt.Errorf("stop.lame_duck %v will be cut to %v, since later phases need %v of stop.timeout %v: raise stop.timeout or lower stop.lame_duck",
			b.conf.LameDuck, room, kept, b.conf.Timeout))
	}
	if p := b.conf.Platform; p > 0 && b.conf.Timeout >= p {
		warnings = append(warnings, fmt.Errorf("stop.timeout %v is not less than the %v that the platform grants before SIGKILL (stop.platform): lower stop.timeout or raise the grace period", b.conf.Timeout, p))
	}
	return warnings
}

// margin is the part of a caller's time that is kept for reporting in time: on
// a busy machine a goroutine may have to wait for a core.
func margin(left time.Duration) time.Duration {
	return max(left/20, min(left/4, 100*time.Millisecond), 0)
}
