// Package output writes to standard output and standard error, whose reader may be
// gone or may not read. It exists because signals, logging, the root package and
// cli write last lines, which must not keep the process from ending.
package output

import (
	"io"
	"os"
	"sync"
	"time"
)

// Patience is how long a last line waits for its reader.
const Patience = 500 * time.Millisecond

// Bounded returns a writer to w that waits for [Patience] at most. A write that
// takes longer returns os.ErrDeadlineExceeded and goes on in the background; until
// it has ended, nothing more is written. The writer may be used from any goroutine.
func Bounded(w io.Writer) io.Writer { return &bounded{w: w} }

type bounded struct {
	w io.Writer

	mu      sync.Mutex      // one write at a time; guards pending
	pending <-chan struct{} // closed when a write that took too long has ended
}

func (b *bounded) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending != nil {
		select {
		case <-b.pending:
			b.pending = nil
		default:
			return 0, os.ErrDeadlineExceeded
		}
	}
	type result struct {
		n   int
		err error
	}
	written := make(chan result, 1)
	done := make(chan struct{})
	text := append([]byte(nil), p...) // the caller may use p again
	go func() {
		defer close(done)
		n, err := b.w.Write(text)
		written <- result{n, err}
	}()
	t := time.NewTimer(Patience)
	defer t.Stop()
	select {
	case r := <-written:
		return r.n, r.err
	case <-t.C:
		b.pending = done
		return 0, os.ErrDeadlineExceeded
	}
}

// Broken returns the names of the standard streams whose reader is gone: the other
// end of a pipe or a socket is closed, or a terminal is hung up. On Windows, which
// does not report this, it returns none.
func Broken() []string { return broken() }
