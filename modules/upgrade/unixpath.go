package upgrade

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

func isUnixNetwork(network string) bool { return network == "unix" || network == "unixpacket" }

// unixPath is the file of a unix socket as it was when it was bound or
// inherited.
type unixPath struct {
	path string
	info os.FileInfo
}

// statUnix returns nil for a socket without a file.
func statUnix(path string) *unixPath {
	if path == "" || path[0] == '@' {
		return nil
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return nil
	}
	return &unixPath{path, info}
}

// remove removes the file, unless another one has taken its place.
func (p *unixPath) remove() error {
	if p == nil {
		return nil
	}
	now, err := os.Lstat(p.path)
	if err != nil || !os.SameFile(now, p.info) || !now.ModTime().Equal(p.info.ModTime()) { // an inode is used again at once
		return nil
	}
	if err := os.Remove(p.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the unix socket: %w", err)
	}
	return nil
}

// listenUnix opens a unix socket. A file that a killed process has left
// behind, at which nothing listens, is removed; a lock on the directory keeps
// two processes that start at the same time from removing each other's.
func listenUnix(ctx context.Context, network, path string) (net.Listener, error) {
	var lc net.ListenConfig
	if path == "" || path[0] == '@' {
		return lc.Listen(ctx, network, path)
	}
	defer lockDir(filepath.Dir(path))()
	ln, err := lc.Listen(ctx, network, path)
	if err == nil || !isAddrInUse(err) {
		return ln, err
	}
	left := statUnix(path)
	if left == nil || !deserted(ctx, network, path) {
		return nil, err
	}
	if bad := left.remove(); bad != nil {
		return nil, errors.Join(err, bad)
	}
	return lc.Listen(ctx, network, path)
}

// deserted reports whether nothing listens at path any more.
func deserted(ctx context.Context, network, path string) bool {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, path)
	if err == nil {
		_ = c.Close()
		return false
	}
	return isRefused(err)
}
