package disk

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// readTimeout is how long a file may take to be read. A file on a mount that is
// dead takes for ever.
const readTimeout = 5 * time.Second

var errBlocks = fmt.Errorf("could not be read within %v: it blocks", readTimeout)

// Reads are the reads of files that are under way. A system call that blocks cannot
// be ended, so its goroutine is left behind; as long as it is, the same file is not
// Read by another.
type Reads struct {
	mu      sync.Mutex
	pending map[string]chan struct{}
	read    func(path string) (reading, error) // nil: readFile
}

type result struct {
	reading
	err error
}

// file reads a file, and gives up when ctx ends or after readTimeout.
func (r *Reads) file(ctx context.Context, path string) (reading, error) {
	if r == nil {
		return readFile(path)
	}
	timeout := time.NewTimer(readTimeout)
	defer timeout.Stop()
	got := make(chan result, 1)
	select {
	case <-r.start(path, got):
		select {
		case res := <-got:
			return res.reading, res.err
		default: // it was the read of another, and is over
			return r.file(ctx, path)
		}
	case <-ctx.Done():
		return reading{}, context.Cause(ctx)
	case <-timeout.C:
		return reading{}, errBlocks
	}
}

// start begins a read, unless one of this file is under way, and returns what is
// closed when that is over.
func (r *Reads) start(path string, got chan<- result) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done, ok := r.pending[path]; ok {
		return done
	}
	if r.pending == nil {
		r.pending = map[string]chan struct{}{}
	}
	read, done := r.read, make(chan struct{})
	if read == nil {
		read = readFile
	}
	r.pending[path] = done
	go func() {
		rd, err := read(path)
		got <- result{rd, err}
		r.mu.Lock()
		delete(r.pending, path)
		r.mu.Unlock()
		close(done)
	}()
	return done
}
