package signals

import (
	"os"
	"time"
)

// sameWish is the time within which the same stop signal counts once: timeout(1)
// and other supervisors signal the process and then its group. No person is that
// fast.
const sameWish = 100 * time.Millisecond

// escalation counts stop signals, whichever of them they are. The first begins the
// stop, the second hurries it, the third exits.
type escalation struct {
	count  int
	last   os.Signal
	lastAt time.Time
}

// demand is what one stop signal asks for. If all fields are false, the signal is a
// repetition.
type demand struct {
	begin, hurry, exit bool
}

// next counts a stop signal. weight is 1, or 2 for an action that hurries at once.
func (e *escalation) next(sig os.Signal, weight int) demand {
	now := time.Now()
	repeated := sig == e.last && now.Sub(e.lastAt) < sameWish
	e.last, e.lastAt = sig, now
	if repeated {
		return demand{}
	}
	before := e.count
	e.count = min(before+1, 3)
	if weight == 2 {
		e.count = max(e.count, 2)
	}
	return demand{begin: before == 0, hurry: e.count >= 2 && before < 2, exit: before >= 2}
}
