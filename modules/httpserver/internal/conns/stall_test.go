package conns

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMonitorFollowsItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var timeout, asked atomic.Int64
		set := New(Config{})
		go set.Monitor(ctx, func() time.Duration { asked.Add(1); return time.Duration(timeout.Load()) })
		scans := func(in time.Duration) int64 {
			asked.Store(0)
			time.Sleep(in) // of the bubble
			synctest.Wait()
			return asked.Load()
		}
		scans(0)
		if got := scans(time.Hour); got != 0 {
			t.Errorf("without a timeout: %d scans, want rest", got)
		}
		timeout.Store(int64(4 * time.Second))
		set.ChangeTimeout()
		if got := scans(10 * time.Second); got < 10 {
			t.Errorf("with a timeout of 4s: %d scans in 10s, want one a second", got)
		}
	})
}
