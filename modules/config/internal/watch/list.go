package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A List says which entries of which directories can change what a set of
// paths leads to.
type List map[string]entries

type entries struct {
	names map[string]bool
	like  []func(name string) bool // of names that may appear in it
}

func (w List) add(dir, name string) {
	e := w[dir]
	if e.names == nil {
		e.names = map[string]bool{}
	}
	e.names[name] = true
	w[dir] = e
}

// concerns reports whether a change of the entry at path can matter.
func (w List) concerns(path string) bool {
	path = filepath.Clean(path)
	if _, ok := w[path]; ok {
		return true // a watched directory itself went away
	}
	e, name := w[filepath.Dir(path)], filepath.Base(path)
	return e.names[name] || slices.ContainsFunc(e.like, func(like func(string) bool) bool { return like(name) })
}

// Follow adds the directories through which path leads: the parent of every
// symbolic link on the way, and finally the directory of the file. If something on
// the way is missing, the last is the directory in which it would appear.
func (w List) Follow(path string) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return // the working directory is gone; polling will notice
	}
	root := filepath.VolumeName(abs) + string(filepath.Separator)
	here, rest := root, parts(abs[len(root):])
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			here = filepath.Dir(here)
			continue
		}
		next := filepath.Join(here, name)
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			w.add(here, name)
			return
		case info.Mode()&fs.ModeSymlink == 0:
			if len(rest) == 0 {
				w.add(here, name)
			}
			here = next
			continue
		}
		w.add(here, name)
		target, err := os.Readlink(next)
		if links++; err != nil || links > 40 {
			return
		}
		if filepath.IsAbs(target) {
			here = filepath.VolumeName(target) + string(filepath.Separator)
			target = target[len(here):]
		}
		rest = append(parts(target), rest...)
	}
}

func parts(path string) (out []string) {
	for p := range strings.SplitSeq(filepath.ToSlash(path), "/") {
		if p != "" && p != "." {
			out = append(out, p)
		}
	}
	return out
}

// FollowDir adds a directory in which names that are like something may appear, and
// how to get there.
func (w List) FollowDir(dir string, like func(name string) bool) {
	w.Follow(dir)
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		if abs, err := filepath.Abs(real); err == nil {
			e := w[abs]
			e.like = append(e.like, like)
			w[abs] = e
		}
	}
}
