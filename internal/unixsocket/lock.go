package unixsocket

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// whileReplacing is the longest wait for another process of this user that
	// replaces the file; it takes a millisecond.
	whileReplacing = 5 * time.Second
	// whileRemoving is the same for the end of a process, where nothing depends on
	// it: at worst a file stays, which the next start replaces.
	whileRemoving = 100 * time.Millisecond
	// toConnect is the longest wait for a connection; connecting blocks only while
	// the queue of the listener is full.
	toConnect = time.Second
	// betweenTries is the pause between two tries to get the lock.
	betweenTries = 5 * time.Millisecond
)

// lock keeps other processes of this user from replacing the file at path until
// unlock is called. The lock is an empty file beside path, such as
// /run/todo/.admin.sock.lock, that exists for as long as a process has it. It fails
// after [whileReplacing], or with ctx, and names the holder. Where the file of the
// lock cannot be created, or belongs to another user, there is no lock: then two
// processes must not start at the same time.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	bounded, cancel := context.WithTimeout(ctx, whileReplacing)
	defer cancel()
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	for {
		switch f, err := tryLock(name); {
		case err != nil:
			return func() {}, nil
		case f != nil:
			return func() { _, _ = os.Remove(name), f.Close() }, nil
		}
		if sleep(bounded, betweenTries) != nil {
			holder := holderOf(name)
			if ctx.Err() != nil {
				return nil, fmt.Errorf("%s is held by %s: %w", name, holder, context.Cause(ctx))
			}
			return nil, fmt.Errorf("%s has been held by %s for %v: end that process, then try again", name, holder, whileReplacing)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
