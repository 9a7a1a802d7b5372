package upgrade

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// program is what stands at the path of this process now.
type program struct {
	path     string
	identity identity
}

// identity tells one program at a path from the one that was there before.
type identity struct {
	size  int64
	mtime time.Time
}

// goRun matches what go run starts: a file in its work directory, or, since
// Go 1.24, in the build cache.
var goRun = regexp.MustCompile(`/go-build[0-9]+/b[0-9]+/exe/|/[0-9a-f]{2}/[0-9a-f]{64}-d/`)

// find resolves the path of the program as the shell or service manager did
// when it started this process, so that a new file under the old name, or a
// symlink that points to a new release, is found. os.Executable would name the
// file that runs, wherever that has been moved.
func (o *origin) find() (program, error) {
	path := o.exe
	if path == "" {
		var err error
		if path, err = o.locate(); err != nil {
			return program{}, err
		}
	}
	return inspect(path)
}

// locate returns the absolute path to which argv[0] leads.
func (o *origin) locate() (string, error) {
	if len(o.argv) == 0 || o.argv[0] == "" {
		return "", errors.New("the process was started without a name, so its program cannot be found")
	}
	name := o.argv[0]
	if strings.ContainsRune(name, filepath.Separator) {
		return o.absolute(name)
	}
	for _, dir := range filepath.SplitList(o.path) {
		path, err := o.absolute(filepath.Join(cmp.Or(dir, "."), name))
		if err != nil {
			return "", err
		}
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() && fi.Mode().Perm()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("no program %s in PATH any more: put the new one there: %w", name, fs.ErrNotExist)
}

func (o *origin) absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	if o.err != nil {
		return "", fmt.Errorf("the directory in which %s was started is not known: %w", path, o.err)
	}
	return filepath.Join(o.dir, path), nil
}

// inspect looks at the file that would be started.
func inspect(path string) (program, error) {
	if goRun.MatchString(filepath.ToSlash(path)) {
		return program{}, fmt.Errorf("%s was started by go run, which leaves no program to replace: go build it and start that: %w", path, errors.ErrUnsupported)
	}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return program{}, fmt.Errorf("no program at %s: put the new one there: %w", path, err)
	case err != nil:
		return program{}, fmt.Errorf("look for the program: %w", err)
	case fi.IsDir():
		return program{}, fmt.Errorf("%s is a directory: put the new program there", path)
	case !fi.Mode().IsRegular():
		return program{}, fmt.Errorf("%s is not a regular file: put the new program there", path)
	case fi.Mode().Perm()&0o111 == 0:
		return program{}, fmt.Errorf("%s is not executable: chmod +x it: %w", path, fs.ErrPermission)
	}
	return program{path, identity{fi.Size(), fi.ModTime()}}, nil
}
