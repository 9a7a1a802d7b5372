package stream

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBarrierOpensWhenAllHaveArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBarrier(3)
		began := time.Now()
		go func() {
			for range 3 {
				time.Sleep(time.Millisecond)
				b.Arrive()
			}
		}()
		b.Wait(nil)
		if got := time.Since(began); got != 3*time.Millisecond {
			t.Errorf("after %v", got)
		}
		b.Arrive() // one too many does no harm
	})
}

func TestBarrierWaitsForAWhileOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBarrier(2)
		b.Arrive()
		began := time.Now()
		b.Wait(nil)
		if got := time.Since(began); got != BarrierTime {
			t.Errorf("after %v", got)
		}
		b.Arrive()
	})
}

func TestBarrierEndsWhenTheConnectionsMoveAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBarrier(1)
		hold := make(chan struct{})
		close(hold)
		b.Wait(hold)
		b.Arrive()
		NewBarrier(0).Wait(nil)
	})
}
