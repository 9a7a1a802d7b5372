package config

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// inputs is everything one load reads from disk. Each file is read once, so
// what is hashed is what is parsed.
type inputs struct {
	ctx     context.Context
	timing  timing
	base    string // what relative paths are relative to
	files   map[string]input
	reads   *reads              // nil: of a test
	known   map[string]input    // the files of an earlier load
	dirs    []string            // of drop-ins, looked at whether they exist or not
	missing []string            // names looked for and not found
	listed  map[string][]string // what was found in each directory of drop-ins
	ahead   *inputs             // what was read shortly before; nil if nothing was
}

type input struct {
	data []byte
	info fs.FileInfo // nil if there is no file
	err  error
}

// inputs begins a load.
func (l *Catalog) inputs(ctx context.Context, p timing) *inputs {
	in := newInputs(ctx, l.src.base, p)
	in.reads = l.reads
	return in
}

func newInputs(ctx context.Context, base string, p timing) *inputs {
	return &inputs{ctx: ctx, base: base, timing: p, files: map[string]input{}, listed: map[string][]string{}}
}

// following makes in know the files that an earlier load has read.
func (in *inputs) following(earlier *inputs) *inputs {
	in.known = earlier.files
	return in
}

// abs is where a path really is. Messages give paths as they were written; they are
// looked up from the directory the process was started in: a daemon may change its
// own, and the directory may be deleted and made again.
func (in *inputs) abs(path string) string {
	if in.base == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(in.base, path)
}

// read returns the content of a file as of this load.
func (in *inputs) read(path string) ([]byte, error) {
	path = filepath.Clean(path)
	if got, ok := in.files[path]; ok {
		return got.data, got.err
	}
	got, ok := in.readAhead(path)
	if !ok {
		got = in.readStable(path)
	}
	in.files[path] = got
	return got.data, got.err
}

// readAhead returns what was read of a file shortly before, if the file is still
// the same. A change leaves a trace in its time or its inode: what was read had
// held still.
func (in *inputs) readAhead(path string) (got input, ok bool) {
	if in.ahead == nil {
		return got, false
	}
	if got, ok = in.ahead.files[path]; !ok {
		return got, false
	}
	now, err := os.Stat(in.abs(path))
	if got.info == nil {
		return got, errors.Is(err, fs.ErrNotExist)
	}
	return got, got.err == nil && sameFile(got.info, now) && sameStat(got.info, now)
}

func (in *inputs) exists(path string) bool {
	if _, ok := in.files[filepath.Clean(path)]; ok {
		return true
	}
	if _, err := os.Lstat(in.abs(path)); errors.Is(err, fs.ErrNotExist) {
		in.missing = append(in.missing, path)
		return false
	}
	return true
}

// dropIns lists the configuration files in a directory, by name. Hidden files
// and those of editors (todo.yaml~, #todo.yaml#) are not among them. When one
// that is in force is missing, it has the grace to come back.
func (in *inputs) dropIns(dir string, had []string) (paths []string) {
	in.dirs = append(in.dirs, dir)
	for begin := time.Now(); ; {
		var err error
		paths, err = in.listConfigs(dir)
		if err != nil {
			in.files[filepath.Clean(dir)] = input{err: err}
			return []string{dir}
		}
		gone := slices.ContainsFunc(had, func(h string) bool {
			return filepath.Dir(h) == filepath.Clean(dir) && isConfigName(filepath.Base(h)) &&
				filepath.Clean(h) != filepath.Clean(dir) && !slices.Contains(paths, h)
		})
		in.listed[dir] = paths
		gone = gone && (in.ahead == nil || !slices.Equal(in.ahead.listed[dir], paths)) // else it was waited for
		if !gone || time.Since(begin) >= in.timing.grace || in.pause() != nil {
			return paths
		}
	}
}

// pause waits a moment for a save to finish.
func (in *inputs) pause() error {
	select {
	case <-time.After(in.timing.quiet):
		return nil
	case <-in.ctx.Done():
		return context.Cause(in.ctx)
	}
}

// listConfigs returns the configuration files of a directory, sorted. No
// directory, or a file in its place, is an empty one.
func (in *inputs) listConfigs(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(in.abs(dir))
	if info, serr := os.Stat(in.abs(dir)); serr != nil && errors.Is(serr, fs.ErrNotExist) || serr == nil && !info.IsDir() {
		return nil, nil
	}
	for _, e := range entries {
		if isConfigName(e.Name()) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, err
}

func isConfigName(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "#") &&
		slices.Contains(document.Extensions, strings.ToLower(filepath.Ext(name)))
}

// sum is a digest over the names and contents of all that was read. A file
// that could not be read counts with its error, so that it, too, is a change
// only once.
func (in *inputs) sum() string {
	paths := make([]string, 0, len(in.files))
	for p := range in.files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	h := sha256.New()
	for _, p := range paths {
		f := in.files[p]
		fmt.Fprintf(h, "%s\x00%v\x00%d\x00", p, f.err, len(f.data))
		h.Write(f.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// timing says how long to wait for a file that is being saved.
type timing struct {
	quiet time.Duration // a file that held still for so long is complete
	still time.Duration // one that is rewritten in its place, too
	grace time.Duration // so long a file may be missing or empty
	limit time.Duration // after so long of constant change we give up
}

// A start waits for nothing; a wrong file must be reported at once.
var (
	atStart  = timing{}
	atReload = timing{quiet: quiet, still: still, grace: time.Second, limit: 5 * time.Second}
)
