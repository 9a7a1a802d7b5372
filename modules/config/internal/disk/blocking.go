package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"
)

// readTimeout is how long reading a file may take. A file on a dead mount takes for
// ever.
const readTimeout = 5 * time.Second

// maxBlocked is how many reads of one path may be abandoned at most while it is
// unknown which file the path leads to.
const maxBlocked = 4

var errBlocks = fmt.Errorf("could not be read within %v: it blocks", readTimeout)

var errUnderWay = errors.New("the file is being read already")

// Reads are the reads of files that are under way. A system call that blocks cannot
// be ended, so its goroutine is abandoned. As long as it blocks, no other goroutine
// reads that file, but a different file of the same name can be read.
type Reads struct {
	mu      sync.Mutex
	pending map[string][]*attempt                                             // by path
	read    func(path string, found func(fs.FileInfo) error) (reading, error) // nil: readFile
}

// An attempt is a read that has begun.
type attempt struct {
	began  time.Time
	info   fs.FileInfo   // nil: not known yet
	behind *attempt      // a read of the same file, which has to end first
	done   chan struct{} // closed when it is over
	got    reading
	err    error
}

// file reads a file, and gives up when ctx ends or after readTimeout.
func (r *Reads) file(ctx context.Context, path string) (reading, error) {
	if r == nil {
		return readFile(path, func(fs.FileInfo) error { return nil })
	}
	timeout := time.NewTimer(readTimeout)
	defer timeout.Stop()
	wait := func(a *attempt) error {
		select {
		case <-a.done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return errBlocks
		}
	}
	for {
		a, mine := r.begin(path)
		if err := wait(a); err != nil {
			return reading{}, err
		}
		if mine && a.behind == nil {
			return a.got, a.err
		}
		if a.behind != nil {
			if err := wait(a.behind); err != nil {
				return reading{}, err
			}
		}
	}
}

// begin begins a read, or returns one that may be of the same file.
func (r *Reads) begin(path string) (a *attempt, mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.pending[path] {
		if b.info == nil && (time.Since(b.began) < readTimeout || len(r.pending[path]) >= maxBlocked) {
			return b, false
		}
	}
	if r.pending == nil {
		r.pending = map[string][]*attempt{}
	}
	a = &attempt{began: time.Now(), done: make(chan struct{})}
	r.pending[path] = append(r.pending[path], a)
	read := r.read
	if read == nil {
		read = readFile
	}
	go func() {
		a.got, a.err = read(path, func(info fs.FileInfo) error { return r.found(path, a, info) })
		r.end(path, a)
	}()
	return a, true
}

// found notes which file an attempt reads. It returns an error if another attempt
// reads that file.
func (r *Reads) found(path string, a *attempt, info fs.FileInfo) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.pending[path] {
		if b != a && sameFile(b.info, info) {
			a.behind = b
			return errUnderWay
		}
	}
	a.info = info
	return nil
}

func (r *Reads) end(path string, a *attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending[path] = slices.DeleteFunc(r.pending[path], func(b *attempt) bool { return b == a })
	if len(r.pending[path]) == 0 {
		delete(r.pending, path)
	}
	close(a.done)
}
