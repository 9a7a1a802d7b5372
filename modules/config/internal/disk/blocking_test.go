package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
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
		here, err := os.Stat(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.Stat(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		var there atomic.Pointer[fs.FileInfo]
		there.Store(&here)
		r := &Reads{read: func(_ string, found func(fs.FileInfo) error) (reading, error) {
			if err := found(*there.Load()); err != nil {
				return reading{}, err
			}
			if *there.Load() == other {
				return reading{data: []byte("other")}, nil
			}
			begun.Add(1)
			<-release
			return reading{data: []byte("late")}, nil
		}}
		begin := time.Now()
		if _, err := r.file(context.Background(), "x", readTimeout); !errors.Is(err, ErrBlocks) || time.Since(begin) != readTimeout {
			t.Errorf("got %v after %v, want %v after %v", err, time.Since(begin), ErrBlocks, readTimeout)
		}
		stop := errors.New("stopping")
		ctx, cancel := context.WithCancelCause(context.Background())
		begin = time.Now()
		if _, err := r.file(context.Background(), "x", readTimeout); !errors.Is(err, ErrBlocks) || time.Since(begin) != retryTimeout {
			t.Errorf("got %v after %v, want %v after %v the second time", err, time.Since(begin), ErrBlocks, retryTimeout)
		}
		time.AfterFunc(retryTimeout/2, func() { cancel(stop) })
		begin = time.Now()
		if _, err := r.file(ctx, "x", readTimeout); !errors.Is(err, stop) || time.Since(begin) != retryTimeout/2 {
			t.Errorf("got %v after %v, want the end of the context at once", err, time.Since(begin))
		}
		if begun.Load() != 1 {
			t.Errorf("got %d reads of one file that blocks, want 1", begun.Load())
		}
		there.Store(&other) // by a rename
		if got, err := r.file(context.Background(), "x", readTimeout); err != nil || string(got.data) != "other" {
			t.Errorf("got %q, %v of the file that took the name, want it read at once", got.data, err)
		}
		there.Store(&here)
		close(release)
		synctest.Wait()
		if got, err := r.file(context.Background(), "x", readTimeout); err != nil || string(got.data) != "late" || begun.Load() != 2 {
			t.Errorf("got %q, %v after %d reads, want the file read again", got.data, err, begun.Load())
		}
	})
}

// On a dead mount not even the state of a file is available. When the path leads
// elsewhere again, the file is read. Only a few reads are abandoned.
func TestPathThatLedToADeadMountIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var dead atomic.Bool
		var begun atomic.Int32
		dead.Store(true)
		r := &Reads{read: func(string, func(fs.FileInfo) error) (reading, error) {
			if begun.Add(1); dead.Load() {
				<-release
			}
			return reading{data: []byte("alive")}, nil
		}}
		for range 2 {
			if _, err := r.file(context.Background(), "x", readTimeout); !errors.Is(err, ErrBlocks) {
				t.Errorf("got %v, want %v", err, ErrBlocks)
			}
		}
		dead.Store(false)
		if got, err := r.file(context.Background(), "x", readTimeout); err != nil || string(got.data) != "alive" {
			t.Errorf("got %q, %v, want the file that is there now", got.data, err)
		}
		dead.Store(true)
		for range 10 {
			_, _ = r.file(context.Background(), "x", readTimeout)
		}
		if n := begun.Load(); n != maxBlocked+1 {
			t.Errorf("got %d reads, want no more than %d left behind", n-1, maxBlocked)
		}
		close(release)
		synctest.Wait()
		if len(r.pending) > 0 {
			t.Errorf("got %d reads that have not ended", len(r.pending))
		}
	})
}
