package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MaxSize is the size of the largest file that is read; a larger one is refused.
const MaxSize = 4 << 20

// reading is the result of looking at a path once.
type reading struct {
	data  []byte
	info  fs.FileInfo // after it was read; nil if there is no file
	open  writers     // the processes that have it open for writing
	names []string    // of a directory
}

// writers are the processes that have a file open for writing.
type writers int

const (
	unknown writers = iota // counts as none for a file that no longer changes
	none
	some
)

// readFile reads a whole regular file. No other kind is opened: a pipe would block,
// and can be read only once. found may refuse the file that is there.
func readFile(path string, found func(fs.FileInfo) error) (r reading, err error) {
	r.info, err = os.Stat(path)
	if err != nil {
		return reading{}, err
	}
	if err := found(r.info); err != nil {
		return r, err
	}
	switch {
	case r.info.IsDir():
		return r, errDirectory
	case !r.info.Mode().IsRegular():
		return r, errIrregular
	case r.info.Size() > MaxSize:
		return r, errTooLarge
	}
	f, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	r.data, err = io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err == nil && len(r.data) > MaxSize {
		err = errTooLarge
	}
	r.open = writersOf(f)
	if after, serr := f.Stat(); serr == nil { // the file at path may have been replaced
		r.info = after
	}
	return r, err
}

var (
	errDirectory = errors.New("is a directory, not a file")
	errIrregular = errors.New("is not a regular file")
	errTooLarge  = fmt.Errorf("is larger than %d MiB", MaxSize>>20)
)

func sameFile(a, b fs.FileInfo) bool { return a != nil && b != nil && os.SameFile(a, b) }

// SameStat reports whether size and time of modification are the same.
func SameStat(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
