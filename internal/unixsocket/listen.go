package unixsocket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"
)

// ErrInUse is wrapped by the error for a path where another process listens.
var ErrInUse = errors.New("another process listens there")

// newlyMade is how old a file must be before a refused connection counts: a process
// first binds, which creates the file, and listens after that.
const newlyMade = 250 * time.Millisecond

// Listen listens at path as net.Listen does, with the network unix or unixpacket,
// and replaces the file that a killed process has left behind. The error is a
// *net.OpError; where another process listens, it wraps [ErrInUse] and EADDRINUSE,
// and names the process if the system reports it. Listen blocks while another
// process of this user replaces the file, five seconds at most; it ends with ctx.
func Listen(ctx context.Context, network, path string) (net.Listener, error) {
	var lc net.ListenConfig
	if !hasFile(path) {
		return lc.Listen(ctx, network, path)
	}
	unlock, err := lock(ctx, path)
	if err != nil {
		return nil, listenError(network, path, err)
	}
	defer unlock()
	ln, err := lc.Listen(ctx, network, path)
	if err == nil || !addrInUse(err) {
		return ln, err
	}
	if stale := removeStale(ctx, network, path); stale != nil {
		return nil, listenError(network, path, fmt.Errorf("%w: %w", errAddrInUse, stale))
	}
	return lc.Listen(ctx, network, path)
}

// RemoveStale removes the file at path if it is a socket on which no process
// listens. It is for listeners that [Listen] does not open. A missing file is not
// an error; where another process listens, the error wraps [ErrInUse]. It blocks as
// Listen does.
func RemoveStale(ctx context.Context, network, path string) error {
	if !hasFile(path) {
		return nil
	}
	unlock, err := lock(ctx, path)
	if err != nil {
		return err
	}
	defer unlock()
	return removeStale(ctx, network, path)
}

// removeStale is called with the lock held.
func removeStale(ctx context.Context, network, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("%s exists and is not a socket: remove it, or choose another path", path)
	}
	left := &File{path, info}
	for {
		nobody, err := deserted(ctx, network, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just been removed
		}
		if err != nil {
			return err
		}
		age := time.Since(info.ModTime())
		if nobody && (age < 0 || age >= newlyMade) {
			break
		}
		if err := sleep(ctx, newlyMade-age); err != nil {
			return err
		}
	}
	if !left.Same() {
		return fmt.Errorf("%w: it has just begun", ErrInUse)
	}
	return left.remove()
}

// deserted reports whether connections to path are refused. If not, the error says
// why, or why that is not known.
func deserted(ctx context.Context, network, path string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, toConnect)
	defer cancel()
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, path)
	switch {
	case err == nil:
		return false, errors.Join(inUseBy(nc), nc.Close())
	case isRefused(err):
		return true, nil
	}
	return false, fmt.Errorf("cannot find out whether a process listens at %s: %w", path, err)
}

func inUseBy(nc net.Conn) error {
	if p, err := PeerOf(nc); err == nil && p.PID > 0 {
		return fmt.Errorf("%w (%s)", ErrInUse, processName(p.PID))
	}
	return ErrInUse
}

func listenError(network, path string, err error) error {
	return &net.OpError{Op: "listen", Net: network, Addr: &net.UnixAddr{Name: path, Net: network}, Err: err}
}
