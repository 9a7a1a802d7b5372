package process

import (
	"os"
	"sync"
)

// replaced is what a predecessor has given this process in place of its standard
// error.
type replaced struct {
	mu   sync.Mutex // guards real and pipe
	real int        // descriptor of the real one; 0: it was put back
	pipe int        // reading end of the pipe; 0: it was closed
}

// RestoreStderr makes standard error of this process what its predecessor's is, if
// that has replaced it. It may be called more than once.
func (o *Initial) RestoreStderr() {
	r := o.stderr
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.real != 0 {
		replaceStderr(r.real)
		closeFD(r.real)
		r.real = 0
	}
}

// FlushStderr writes what this process has written before RestoreStderr and the
// predecessor has not read. It is for the end of the predecessor, and may be called
// more than once.
func (o *Initial) FlushStderr() {
	r := o.stderr
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.real == 0 && r.pipe != 0 {
		_, _ = os.Stderr.Write(readRest(r.pipe))
		closeFD(r.pipe)
		r.pipe = 0
	}
}

// StderrIsReplaced reports whether RestoreStderr has something to do.
func (o *Initial) StderrIsReplaced() bool {
	if o.stderr == nil {
		return false
	}
	o.stderr.mu.Lock()
	defer o.stderr.mu.Unlock()
	return o.stderr.real != 0
}
