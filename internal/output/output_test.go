package output

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestReaderThatDoesNotReadIsWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bytes.Buffer
		read := make(chan struct{})
		w := Bounded(writerFunc(func(p []byte) (int, error) { <-read; return got.Write(p) }))
		for i, want := range []time.Duration{Patience, 0} {
			began := time.Now()
			if _, err := w.Write([]byte("lost\n")); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("write %d: got %v", i, err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("write %d took %v, want %v", i, took, want)
			}
		}
		close(read)
		synctest.Wait()
		if n, err := w.Write([]byte("read\n")); n != 5 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		if got.String() != "lost\nread\n" {
			t.Errorf("got %q", got.String())
		}
	})
}

func TestErrorOfTheWriterIsReturned(t *testing.T) {
	full := errors.New("disk full")
	if _, err := Bounded(writerFunc(func([]byte) (int, error) { return 0, full })).Write(nil); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
