package upgrade

import (
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

// After a failure the same program is not tried again at once: an automated caller
// retrying in a loop would keep the machine busy with processes that die. The
// pause doubles from firstPause to lastPause. A different binary resets it, so that
// a repaired program need not wait.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

type backoff struct {
	failures int
	of       process.Identity // of the program that failed
	last     error
	until    time.Time
}

// allows returns why p must not be tried now, or nil.
func (b *backoff) allows(p process.Program, now time.Time) error {
	if b.failures == 0 || p.Identity != b.of || !now.Before(b.until) {
		return nil
	}
	wait := b.until.Sub(now)
	return fmt.Errorf("upgrade %d in a row has just failed (%w); try again in %v, or put another program at %s",
		b.failures, b.last, max(wait.Round(100*time.Millisecond), 100*time.Millisecond), p.Path)
}

func (b *backoff) failed(p process.Program, err error, now time.Time) {
	if p.Identity != b.of {
		*b = backoff{of: p.Identity}
	}
	pause := min(firstPause<<min(b.failures, 10), lastPause)
	b.failures++
	b.last, b.until = err, now.Add(pause)
}
