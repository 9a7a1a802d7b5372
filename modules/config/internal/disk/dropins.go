package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// DropIns lists the configuration files in a directory, by name. Hidden files
// and those of editors (todo.yaml~, #todo.yaml#) are not among them. If one that is
// in force is missing, it gets the time grace to come back.
func (in *Inputs) DropIns(dir string, had []string) (paths []string) {
	in.Dirs = append(in.Dirs, dir)
	for begin := time.Now(); ; {
		var err error
		paths, err = in.listConfigs(dir)
		if err != nil {
			in.Files[filepath.Clean(dir)] = Input{Err: err}
			return []string{dir}
		}
		gone := slices.ContainsFunc(had, func(h string) bool {
			return filepath.Dir(h) == filepath.Clean(dir) && IsConfigName(filepath.Base(h)) &&
				filepath.Clean(h) != filepath.Clean(dir) && !slices.Contains(paths, h)
		})
		in.listed[dir] = paths
		gone = gone && (in.Ahead == nil || !slices.Equal(in.Ahead.listed[dir], paths)) // else the wait is over
		if !gone || time.Since(begin) >= in.Timing.Grace || in.pause(in.Timing.Quiet) != nil {
			return paths
		}
	}
}

// listConfigs returns the configuration files of a directory, sorted. A missing
// directory, or a file in its place, counts as an empty directory.
func (in *Inputs) listConfigs(dir string) (paths []string, err error) {
	names, err := in.names(dir)
	if err != nil && !errors.Is(err, ErrBlocks) {
		if info, serr := os.Stat(in.Abs(dir)); serr != nil && errors.Is(serr, fs.ErrNotExist) || serr == nil && !info.IsDir() {
			return nil, nil
		}
	}
	for _, name := range names {
		if IsConfigName(name) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths, err
}

// IsConfigName reports whether a file of this name is read as a drop-in.
func IsConfigName(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "#") &&
		slices.Contains(document.Extensions, strings.ToLower(filepath.Ext(name)))
}
