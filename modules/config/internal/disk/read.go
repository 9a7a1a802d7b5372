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
	if errors.Is(got.Err, ErrBlocks) {
		return got, false
	}
	now, err := os.Stat(in.Abs(path))
	if got.info == nil {
		return got, errors.Is(err, fs.ErrNotExist)
	}
	return got, got.Err == nil && sameFile(got.info, now) && SameStat(got.info, now)
}
