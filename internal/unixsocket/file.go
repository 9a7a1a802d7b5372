package unixsocket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is the file of a unix socket, as it was at the time of Look.
type File struct {
	path string
	info fs.FileInfo
}

// Look returns the file of the socket at path, or nil if there is none, as for
// an abstract socket of Linux.
func Look(path string) *File {
	if !hasFile(path) {
		return nil
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs // the working directory may change
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return nil
	}
	return &File{path, info}
}

// hasFile reports whether a socket at path has a file. An abstract one has only
// a name, see unix(7).
func hasFile(path string) bool { return path != "" && path[0] != '@' }

// Same reports whether the file is still there. It compares more than the inode,
// whose number is reused at once. A nil File is never there.
func (f *File) Same() bool {
	if f == nil {
		return false
	}
	now, err := os.Lstat(f.path)
	return err == nil && os.SameFile(now, f.info) && now.ModTime().Equal(f.info.ModTime())
}

// Remove removes the file, unless another has taken its place or it is gone. It may
// be called more than once, and on a nil File. It waits, [whileRemoving] at most,
// for another process that replaces the file.
func (f *File) Remove() error {
	if !f.Same() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), whileRemoving)
	defer cancel()
	if unlock, err := lock(ctx, f.path); err == nil {
		defer unlock()
	}
	return f.remove()
}

func (f *File) remove() error {
	if !f.Same() {
		return nil
	}
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the file of a unix socket: %w", err)
	}
	return nil
}
