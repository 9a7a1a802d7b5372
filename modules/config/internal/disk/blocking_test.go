package disk

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A file on a dead mount, or /proc/kmsg, looks regular and never answers.
func TestFileThatBlocksHoldsNeitherReloadNorStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var begun atomic.Int32
		r := &Reads{read: func(string) (reading, error) {
			begun.Add(1)
			<-release
			return reading{data: []byte("late")}, nil
		}}
		begin := time.Now()
		if _, err := r.file(context.Background(), "x"); !errors.Is(err, errBlocks) || time.Since(begin) != readTimeout {
			t.Errorf("got %v after %v, want %v after %v", err, time.Since(begin), errBlocks, readTimeout)
		}
		stop := errors.New("stopping")
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(time.Second, func() { cancel(stop) })
		begin = time.Now()
		if _, err := r.file(ctx, "x"); !errors.Is(err, stop) || time.Since(begin) != time.Second {
			t.Errorf("got %v after %v, want the end of the context at once", err, time.Since(begin))
		}
		if begun.Load() != 1 {
			t.Errorf("got %d reads of one file that blocks, want 1", begun.Load())
		}
		close(release)
		synctest.Wait()
		if got, err := r.file(context.Background(), "x"); err != nil || string(got.data) != "late" || begun.Load() != 2 {
			t.Errorf("got %q, %v after %d reads, want the file read again", got.data, err, begun.Load())
		}
	})
}
