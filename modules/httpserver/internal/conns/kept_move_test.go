package conns

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What leaves when the time for moving is over is waited for, while one follows the
// other; not what does not leave, and nothing where the upgrade is given up.
func TestHandlersThatAreLeavingAreAwaited(t *testing.T) {
	const n = 100
	for name, c := range map[string]struct {
		timeout, each, stays time.Duration // each leaves so much after the one before; one after stays
		givenUp              bool
		want                 time.Duration
	}{
		"in time":                     {timeout: time.Second, each: time.Millisecond, want: n * time.Millisecond},
		"one after the other":         {timeout: 50 * time.Millisecond, each: 10 * time.Millisecond, want: n * 10 * time.Millisecond},
		"longer than they may take":   {timeout: 50 * time.Millisecond, each: 50 * time.Millisecond, want: 50*time.Millisecond + forRest},
		"one that does not":           {timeout: 50 * time.Millisecond, each: time.Millisecond, stays: time.Hour, want: n*time.Millisecond + forNext},
		"one that does not, in time":  {timeout: time.Hour, each: time.Millisecond, stays: 2 * time.Hour, want: n*time.Millisecond + forHandler},
		"of an upgrade that is over":  {timeout: time.Hour, each: time.Second / 2, givenUp: true, want: time.Second},
		"when the time has been over": {each: 10 * time.Millisecond, want: n * 10 * time.Millisecond},
		"none, though it could wait":  {timeout: time.Hour, each: time.Hour, want: forHandler},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				if c.givenUp {
					time.AfterFunc(c.want, cancel)
				}
				var all []*Kept
				for i := range n {
					k := &Kept{told: true}
					all = append(all, k)
					after := time.Duration(i+1) * c.each
					if i == 0 && c.stays > 0 {
						after = c.stays
					}
					leave := time.AfterFunc(after, func() {
						k.mu.Lock()
						defer k.mu.Unlock()
						k.over = true
					})
					defer leave.Stop()
				}
				began := time.Now()
				awaitLeft(ctx, all)
				if took := time.Since(began); took < c.want || took > c.want+10*time.Millisecond {
					t.Errorf("it returned after %v, want %v", took, c.want)
				}
			})
		})
	}
}
