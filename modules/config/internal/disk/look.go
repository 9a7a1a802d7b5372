package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// timeout is how long the next look may take. Once one has blocked, it is short, so
// that many files on one dead mount cost a load little more than one.
func (in *Inputs) timeout() time.Duration {
	if in.blocked {
		return retryTimeout
	}
	return readTimeout
}

// once notes whether a look has blocked.
func (in *Inputs) once(got reading, err error) (reading, error) {
	in.blocked = in.blocked || errors.Is(err, ErrBlocks)
	return got, err
}

// file reads a file.
func (in *Inputs) file(path string) (reading, error) {
	return in.once(in.Reads.file(in.Ctx, in.Abs(path), in.timeout()))
}

// state learns what a path leads to, without following a link at its end.
func (in *Inputs) state(path string) error {
	_, err := in.once(in.Reads.run(in.Ctx, "state of "+path, in.timeout(), func(func(fs.FileInfo) error) (reading, error) {
		_, err := os.Lstat(in.Abs(path))
		return reading{}, err
	}))
	return err
}

// names lists a directory.
func (in *Inputs) names(dir string) ([]string, error) {
	got, err := in.once(in.Reads.run(in.Ctx, "names in "+dir, in.timeout(), func(func(fs.FileInfo) error) (got reading, err error) {
		entries, err := os.ReadDir(in.Abs(dir))
		for _, e := range entries {
			got.names = append(got.names, e.Name())
		}
		return got, err
	}))
	return got.names, err
}

// file reads a file, and gives up when ctx ends or after the timeout.
func (r *Reads) file(ctx context.Context, path string, timeout time.Duration) (reading, error) {
	read := readFile
	if r != nil && r.read != nil {
		read = r.read
	}
	return r.run(ctx, path, timeout, func(found func(fs.FileInfo) error) (reading, error) { return read(path, found) })
}
