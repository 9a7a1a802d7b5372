package disk

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Exists reports whether there is something at the path. What is missing is noted:
// a later load may find it. A file that the earlier load has read has the grace to
// come back.
func (in *Inputs) Exists(path string) bool {
	clean := filepath.Clean(path)
	if _, ok := in.Files[clean]; ok {
		return true
	}
	for begin := time.Now(); ; {
		switch err := in.state(path); {
		case errors.Is(err, ErrBlocks):
			in.Files[clean] = Input{Err: err}
			return true
		case !errors.Is(err, fs.ErrNotExist):
			return true // reading it says what is wrong
		}
		if !in.had(clean) || time.Since(begin) >= in.Timing.Grace || in.pause(in.Timing.Quiet) != nil {
			in.Missing = append(in.Missing, path)
			return false
		}
	}
}

// Names lists what begins with the prefix in a directory, sorted, and nothing if
// there is none. They are noted: a later load may find others. When one that the
// earlier load has read is missing, it has the grace to come back.
func (in *Inputs) Names(dir, prefix string) []string {
	key := Prefixed{Dir: dir, Prefix: prefix}
	if names, ok := in.Found[key]; ok {
		return names
	}
	for begin := time.Now(); ; {
		names, _ := in.names(dir) // reading a file in it says what is wrong
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
		slices.Sort(names)
		in.Found[key] = names
		lost := func(path string) bool {
			name := filepath.Base(path)
			return filepath.Dir(path) == filepath.Clean(dir) && strings.HasPrefix(name, prefix) && !slices.Contains(names, name) && in.had(path)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(in.known)), lost) || time.Since(begin) >= in.Timing.Grace || in.pause(in.Timing.Quiet) != nil {
			return names
		}
	}
}

// had reports whether the earlier load has read a file that may be missing only for
// a moment. One that was found missing has been waited for.
func (in *Inputs) had(path string) bool {
	for _, load := range []*Inputs{in, in.Ahead} {
		if load == nil {
			continue
		}
		if got, ok := load.Files[path]; ok && got.info == nil {
			return false
		}
	}
	return in.known[path].info != nil
}

// Again reads what another load has read, as far as in has not.
func (in *Inputs) Again(other *Inputs) {
	for path := range other.Files {
		_, _ = in.Read(path) // an error is part of the sum
	}
	for f := range other.Found {
		in.Names(f.Dir, f.Prefix)
	}
}
