package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// Inputs is everything one load reads from disk. Each file is read once, so
// what is hashed is what is parsed.
type Inputs struct {
	Ctx     context.Context
	Timing  Timing
	base    string // what relative paths are relative to
	Files   map[string]Input
	Reads   *Reads           // nil: of a test
	known   map[string]Input // the files of an earlier load
	Dirs    []string         // of drop-ins, looked at whether they exist or not
	Missing []string         // names looked for and not found
	Found   map[Prefixed][]string
	listed  map[string][]string // what was found in each directory of drop-ins
	Ahead   *Inputs             // what was read shortly before; nil if nothing was
	blocked bool                // something did, so less time is left for the rest
}

// Prefixed is what begins with a prefix in a directory.
type Prefixed struct{ Dir, Prefix string }

// An Input is the result of reading one path.
type Input struct {
	Data []byte
	info fs.FileInfo // nil if there is no file
	Err  error
}

// New begins a load.
func New(ctx context.Context, base string, p Timing) *Inputs {
	return &Inputs{Ctx: ctx, base: base, Timing: p, Files: map[string]Input{}, Found: map[Prefixed][]string{}, listed: map[string][]string{}}
}

// Following gives in the files that an earlier load has read.
func (in *Inputs) Following(earlier *Inputs) *Inputs {
	in.known = earlier.Files
	return in
}

// Abs returns the absolute path. Messages show paths as they were written; they are
// resolved from the directory in which the process was started: a daemon may change
// its working directory, and the directory may be deleted and created again.
func (in *Inputs) Abs(path string) string {
	if in.base == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(in.base, path)
}

// pause waits a moment to let a save finish.
func (in *Inputs) pause(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-in.Ctx.Done():
		return context.Cause(in.Ctx)
	}
}

// Sum is a digest over the names and contents of all that was read, and the names
// that were found. A file that could not be read counts with its error, so that it,
// too, is a change only once.
func (in *Inputs) Sum() string {
	paths := make([]string, 0, len(in.Files))
	for p := range in.Files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	h := sha256.New()
	for _, p := range paths {
		f := in.Files[p]
		fmt.Fprintf(h, "%s\x00%v\x00%d\x00", p, f.Err, len(f.Data))
		h.Write(f.Data)
	}
	var found []string
	for f, names := range in.Found {
		for _, name := range names {
			found = append(found, filepath.Join(f.Dir, name))
		}
	}
	slices.Sort(found)
	for _, path := range found {
		fmt.Fprintf(h, "%s\x00", path)
	}
	return hex.EncodeToString(h.Sum(nil))
}
