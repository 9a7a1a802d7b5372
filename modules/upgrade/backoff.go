package upgrade

import (
	"fmt"
	"time"
)

// After a failure the same program is not tried again at once: an automatic
// that asks in a loop would keep the machine busy with processes that die. The
// pause doubles from firstPause to lastPause. A different file at the path is
// a new story, so that who has repaired it need not wait.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

type backoff struct {
	failures int
	of       identity // of the program that failed
	last     error
	until    time.Time
}

// allows returns why p must not be tried now, or nil.
func (b *backoff) allows(p program, now time.Time) error {
	if b.failures == 0 || p.identity != b.of || !now.Before(b.until) {
		return nil
	}
	wait := b.until.Sub(now)
	return fmt.Errorf("upgrade %d in a row has just failed (%w); ask again in %v, or put another program at %s",
		b.failures, b.last, max(wait.Round(100*time.Millisecond), 100*time.Millisecond), p.path)
}

func (b *backoff) failed(p program, err error, now time.Time) {
	if p.identity != b.of {
		*b = backoff{of: p.identity}
	}
	pause := min(firstPause<<min(b.failures, 10), lastPause)
	b.failures++
	b.last, b.until = err, now.Add(pause)
}
