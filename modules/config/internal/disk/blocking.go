package disk

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"
)

// readTimeout is how long reading a file may take. A file on a dead mount takes for
// ever; the next time it gets only retryTimeout.
const (
	readTimeout  = 5 * time.Second
	retryTimeout = time.Second
)

// maxBlocked is how many reads of one path may be abandoned at most while it is
// unknown which file the path leads to.
const maxBlocked = 4

// ErrBlocks says that a read has not ended in its time.
var ErrBlocks = errors.New("cannot be read: it blocks")

var errUnderWay = errors.New("the file is being read already")

// Reads are the reads of files that are under way. A system call that blocks cannot
// be ended, so its goroutine is abandoned. As long as it blocks, no other goroutine
// reads that file, but a different file of the same name can be read.
type Reads struct {
	mu      sync.Mutex
	pending map[string][]*attempt                                             // by path, and what is done with it
	read    func(path string, found func(fs.FileInfo) error) (reading, error) // nil: readFile
}

// An attempt is a read that has begun.
type attempt struct {
	limit  time.Time     // nothing waits for longer, but for retryTimeout
	info   fs.FileInfo   // nil: not known yet
	behind *attempt      // a read of the same file, which has to end first
	done   chan struct{} // closed when it is over
	got    reading
	err    error
}

// A look is a read, a list or a state. It calls found when it knows which file it
// reads, and ends with the error of that.
type look func(found func(fs.FileInfo) error) (reading, error)

// run does what may block, and gives up when ctx ends or after the timeout.
func (r *Reads) run(ctx context.Context, key string, timeout time.Duration, do look) (reading, error) {
	if r == nil {
		return do(func(fs.FileInfo) error { return nil })
	}
	for begin := time.Now(); ; {
		a, mine := r.begin(key, do)
		err := a.wait(ctx, begin, timeout)
		if err == nil && a.behind != nil {
			err = a.behind.wait(ctx, begin, timeout)
		}
		switch {
		case err != nil:
			return reading{}, err
		case mine && a.behind == nil:
			return a.got, a.err
		}
	}
}

// wait waits for the end of an attempt: until its limit, but at least retryTimeout
// and at most the timeout since the given time.
func (a *attempt) wait(ctx context.Context, since time.Time, timeout time.Duration) error {
	limit := since.Add(retryTimeout)
	if a.limit.After(limit) {
		limit = a.limit
	}
	timer := time.NewTimer(min(time.Until(limit), time.Until(since.Add(timeout))))
	defer timer.Stop()
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return ErrBlocks
	}
}

// begin begins a look, or returns one that may be of the same file.
func (r *Reads) begin(key string, do look) (a *attempt, mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, timeout := time.Now(), readTimeout
	for _, b := range r.pending[key] {
		if b.info != nil {
			continue
		}
		if now.Before(b.limit) || len(r.pending[key]) >= maxBlocked {
			return b, false
		}
		timeout = retryTimeout // the path has led to a mount that is dead, and may still
	}
	if r.pending == nil {
		r.pending = map[string][]*attempt{}
	}
	a = &attempt{limit: now.Add(timeout), done: make(chan struct{})}
	r.pending[key] = append(r.pending[key], a)
	go func() {
		a.got, a.err = do(func(info fs.FileInfo) error { return r.found(key, a, info) })
		r.end(key, a)
	}()
	return a, true
}

// found notes which file an attempt reads. It returns an error if another attempt
// reads that file.
func (r *Reads) found(key string, a *attempt, info fs.FileInfo) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.pending[key] {
		if b != a && sameFile(b.info, info) {
			a.behind = b
			return errUnderWay
		}
	}
	a.info = info
	return nil
}

func (r *Reads) end(key string, a *attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending[key] = slices.DeleteFunc(r.pending[key], func(b *attempt) bool { return b == a })
	if len(r.pending[key]) == 0 {
		delete(r.pending, key)
	}
	close(a.done)
}
