package app

import (
	"fmt"
	"time"
)

// budget divides the time of one stop among its phases.
//
// Every phase may use what is left, minus the reserves of the phases after it. So
// time that one phase does not use passes to the next, and no phase can use up what
// a later one was promised.
//
//	began                                                          deadline
//	│ lame duck │ requests in flight │ last call │ grace │ reserves │
//
// The reserves are small, because their work takes milliseconds: requests get
// nearly all of the time.
type budget struct {
	began    time.Time
	deadline time.Time
	whole    time.Duration // shares are parts of it: the budget before Hurry
	hurried  bool          // Drain only closes, and needs no time
	conf     StopConfig
	members  [Final + 1]int // how many functions each phase has
	turns    int            // how many servers are drained one after the other, but for the first
}

// share is the reserve of a phase for which the configuration has none: a
// percentage of the whole, and a cap. Drain's share is reserved against Announce
// and LameDuck only.
type share struct {
	percent time.Duration
	most    time.Duration // 0: no cap
}

var shares = [Final + 1]share{
	Unbind:    {2, 500 * time.Millisecond},
	Drain:     {24, 0},
	Tasks:     {6, time.Second},
	Resources: {8, 1500 * time.Millisecond},
	Final:     {2, 500 * time.Millisecond},
}

// of returns the share of a whole.
func (s share) of(whole time.Duration) time.Duration {
	d := whole * s.percent / 100
	if s.most > 0 {
		d = min(d, s.most)
	}
	return d
}

func newBudget(began time.Time, conf StopConfig) *budget {
	return &budget{began: began, deadline: began.Add(conf.Timeout), whole: conf.Timeout, conf: conf}
}

// reserve is the time that phase p can count on. Reserves shrink in proportion when
// the budget becomes smaller than the one they were made for.
func (b *budget) reserve(p Phase) time.Duration {
	if b.members[p] == 0 || p == Drain && b.hurried {
		return 0
	}
	length := max(b.whole, 0)
	var given time.Duration
	switch p {
	case LameDuck:
		return 0 // of all phases, a stop can best do without the waiting ones
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
		return shares[p].of(length)
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

// grace is how long a function whose context has expired may take to return before
// it is abandoned. It is part of the span, not added to it.
func (b *budget) grace(span time.Duration) time.Duration {
	return max(min(b.graceLimit(), span/4), 0)
}

// graceLimit is the maximum of grace: a part of the budget, but enough for a
// goroutine that has to wait for a core of a busy machine.
func (b *budget) graceLimit() time.Duration {
	return max(share{3, 250 * time.Millisecond}.of(b.whole), 100*time.Millisecond)
}

// LastCall returns how long before the end of a drain of length d the contexts of
// the requests still in flight are cancelled: enough for handlers to notice and to
// answer.
func LastCall(d time.Duration) time.Duration {
	floor := min(50*time.Millisecond, d/5)
	return max(share{5, 750 * time.Millisecond}.of(d), floor, 0)
}

// requestEnd is when the contexts of requests in flight are cancelled, if Drain
// begins at the given time.
func (b *budget) requestEnd(drain time.Time) time.Time {
	end := b.spanEnd(Drain, drain, 0, false).Add(-time.Duration(b.turns) * b.turn())
	return end.Add(-LastCall(end.Sub(drain)))
}

// requestTime is how long a request in flight may take once Drain begins.
func (b *budget) requestTime() time.Duration {
	drain := b.began.Add(b.lameDuck(b.began))
	return max(b.requestEnd(drain).Sub(drain), 0)
}

// turn is the time of Drain that a server leaves to each server that waits for it.
func (b *budget) turn() time.Duration { return share{4, time.Second}.of(max(b.whole, 0)) }

// spanEnd is when the context of a function that begins now in phase p
// expires, or of all functions of p where they run at the same time.
func (b *budget) spanEnd(p Phase, now time.Time, limit time.Duration, othersWait bool) time.Time {
	span := slot(b.end(p).Sub(now), limit, othersWait)
	return now.Add(span - b.grace(span))
}

// lameDuck is how long a lame duck that begins now may really last.
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

// hurry leaves the phases after Drain what they were promised, or two fifths of the
// whole if that is more: nothing waits for requests any more, but a database may
// still need its seconds. The reserves of these phases do not change.
func (b *budget) hurry(now time.Time) {
	b.hurried = true
	late := 2 * b.graceLimit()
	for p := Unbind; p <= Final; p++ {
		late += b.reserve(p)
	}
	if to := now.Add(max(late, b.whole*2/5)); to.Before(b.deadline) {
		b.deadline = to
	}
}

// slot is the time of one function: at most its own cap if it has one and, in a
// phase where members take turns, at most half of what is left while others wait,
// so that one that hangs cannot take everything.
func slot(left, limit time.Duration, othersWait bool) time.Duration {
	if othersWait {
		left /= 2
	}
	if limit > 0 {
		left = min(left, limit)
	}
	return max(left, 0)
}

// warnings names what cannot work as configured.
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

// margin is the part of a caller's time that is kept in order to report within it:
// on a busy machine a goroutine may have to wait for a core.
func margin(left time.Duration) time.Duration {
	return max(left/20, min(left/4, 100*time.Millisecond), 0)
}

// RequestTime returns how long a request that is in flight when the listeners
// close may take before its context is cancelled, when every phase has members.
// It is more where a phase has none, and less where servers wait for one another
// ([Calls]): by 4 %, and at most a second, for each.
func (c StopConfig) RequestTime() time.Duration { return c.requestTime(0) }

func (c StopConfig) requestTime(turns int) time.Duration {
	b := newBudget(time.Time{}, c)
	b.turns = turns
	for p := Announce; p <= Final; p++ {
		b.members[p] = 1
	}
	return b.requestTime()
}
