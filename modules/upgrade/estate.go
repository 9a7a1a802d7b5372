package upgrade

import (
	"fmt"
	"sync"
	"time"
)

// estate is what a predecessor has left to this process. Having a predecessor
// is a fact of the process and not of an App, and it must be possible to tell
// the predecessor that no App could be built at all: therefore this one
// variable of the package can change. It does so once, when the first Upgrader
// takes what is there.
var estate = &inheritance{fd: birth.fd}

type inheritance struct {
	mu   sync.Mutex // guards everything below
	fd   int        // -1 when there is nothing, or nothing left
	heir *heir
}

// handshakeTime is how long to wait for what the predecessor sends at once.
const handshakeTime = 20 * time.Second

// take makes u the successor of the predecessor of this process. It returns
// nil if there is none, or if another Upgrader is its successor already.
func (e *inheritance) take(u *Upgrader) (*heir, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fd < 0 {
		return nil, nil
	}
	fd := e.fd
	e.fd = -1
	conn, err := connOf(fd)
	if err != nil {
		return nil, err
	}
	h := &heir{u: u, line: &line{conn: conn}, gone: make(chan struct{}), read: make(chan struct{}), adoptions: map[string]*adoption{}}
	e.heir = h
	if err := h.greet(); err != nil {
		h.tell(failedMsg, text{err.Error()})
		h.line.close()
		return nil, fmt.Errorf("take over from the predecessor: %w", err)
	}
	return h, nil
}

// fail tells the predecessor, if it waits for this process to become ready,
// that it never will.
func (e *inheritance) fail(err error) {
	e.mu.Lock()
	fd, h := e.fd, e.heir
	e.fd = -1
	e.mu.Unlock()
	if h == nil && fd >= 0 {
		conn, bad := connOf(fd)
		if bad != nil {
			return
		}
		h = &heir{line: &line{conn: conn}}
	}
	if h != nil {
		h.failed(err)
	}
}
