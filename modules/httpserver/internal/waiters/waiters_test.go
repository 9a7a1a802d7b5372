package waiters

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Every function is called once, within the time over which calls are spread. A
// function that is added later is called at once, and one whose handler is done is
// not called.
func TestNotifyCallsWhatIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var called, left, panicked atomic.Int64
		w := New(func(any, []byte) { panicked.Add(1) }, func() { left.Add(1) })
		for range 10 {
			w.Add(func() { called.Add(1) })
		}
		done := w.Add(func() { t.Error("called, though its handler is done") })
		w.Add(func() { panic("a function of the application") })
		if n := w.Notify(time.Minute); n != 12 {
			t.Errorf("notifies %d, want 12", n)
		}
		done()
		time.Sleep(time.Minute) // of the bubble
		synctest.Wait()
		if called.Load() != 10 || panicked.Load() != 1 || left.Load() != 1 || w.Len() != 11 {
			t.Errorf("called %d, panicked %d, left %d, %d stay; want 10, 1, 1 and 11", called.Load(), panicked.Load(), left.Load(), w.Len())
		}
		w.Add(func() { called.Add(1) })
		synctest.Wait()
		if called.Load() != 11 {
			t.Error("one that came late was not called")
		}
	})
}
