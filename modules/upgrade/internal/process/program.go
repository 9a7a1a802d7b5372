package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gracefulfx/graceful/internal/lazy"
)

// Program is the file at the path of this process now.
type Program struct {
	Path     string
	Identity Identity
}

// Identity distinguishes a program at a path from the one that was there before.
type Identity struct {
	Size    int64
	ModTime time.Time
}

// goRun matches what go run starts: a file in its work directory or, since Go
// 1.24, in the build cache.
var goRun = lazy.Regexp(`/go-build[0-9]+/b[0-9]+/exe/|/[0-9a-f]{2}/[0-9a-f]{64}-d/`)

// Find resolves the path of the program as the shell or service manager did when
// it started this process, so that a new file under the old name, or a symlink
// that points to a new release, is found. os.Executable would name the file that
// runs, even after that was moved away. The error says what to do about it.
func (o *Initial) Find() (Program, error) {
	path := o.Exe
	if path == "" {
		var err error
		if path, err = o.locate(); err != nil {
			return Program{}, err
		}
	}
	return inspect(path)
}

// inspect checks the file that would be started.
func inspect(path string) (Program, error) {
	if goRun().MatchString(filepath.ToSlash(path)) {
		return Program{}, fmt.Errorf("%s was started by go run, which leaves no program to replace: "+
			"go build it and start that: %w", path, errors.ErrUnsupported)
	}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Program{}, fmt.Errorf("no program at %s: put the new one there: %w", path, err)
	case err != nil:
		return Program{}, fmt.Errorf("look for the program: %w", err)
	case fi.IsDir():
		return Program{}, fmt.Errorf("%s is a directory: put the new program there", path)
	case !fi.Mode().IsRegular():
		return Program{}, fmt.Errorf("%s is not a regular file: put the new program there", path)
	case fi.Mode().Perm()&0o111 == 0:
		return Program{}, fmt.Errorf("%s is not executable: chmod +x it: %w", path, fs.ErrPermission)
	}
	return Program{path, Identity{fi.Size(), fi.ModTime()}}, nil
}
