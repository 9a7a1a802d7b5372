package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Read returns the content of a file as of this load.
func (in *Inputs) Read(path string) ([]byte, error) {
	path = filepath.Clean(path)
	if got, ok := in.Files[path]; ok {
		return got.Data, got.Err
	}
	got, ok := in.readAhead(path)
	if !ok {
		got = in.readStable(path)
	}
	in.Files[path] = got
	return got.Data, got.Err
}

// readAhead returns what was read of a file shortly before, if the file is still
// the same. A change would show in its time or its inode, since the file was read
// when it no longer changed.
func (in *Inputs) readAhead(path string) (got Input, ok bool) {
	if in.Ahead == nil {
		return got, false
	}
	if got, ok = in.Ahead.Files[path]; !ok {
		return got, false
	}
	now, err := os.Stat(in.Abs(path))
	if got.info == nil {
		return got, errors.Is(err, fs.ErrNotExist)
	}
	return got, got.Err == nil && sameFile(got.info, now) && SameStat(got.info, now)
}

// Exists reports whether there is something at the path. A missing path is noted: a
// later load may find it.
func (in *Inputs) Exists(path string) bool {
	if _, ok := in.Files[filepath.Clean(path)]; ok {
		return true
	}
	if _, err := os.Lstat(in.Abs(path)); errors.Is(err, fs.ErrNotExist) {
		in.Missing = append(in.Missing, path)
		return false
	}
	return true
}

// Names lists the entries of a directory, none if there is no directory.
func (in *Inputs) Names(dir string) (names []string) {
	entries, _ := os.ReadDir(in.Abs(dir))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
