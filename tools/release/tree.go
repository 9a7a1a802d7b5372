package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is one that is published, with its folder below the root.
type module struct{ path, dir string }

// tag is how the go command finds a version of the module.
func (m module) tag(version string) string { return path.Join(m.dir, version) }

// private are folders of modules that nobody imports: tests and tools.
var private = []string{"contrib/compat", "conformance", "deploy", "e2e", "examples/todo/e2e", "tools"}

// checkout writes what is committed to a folder apart, without its history.
func checkout(root string) (tree string, remove func(), err error) { return checkoutOf(root, "HEAD") }

func checkoutOf(root, commit string) (tree string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	archive, tree := filepath.Join(dir, "tar"), filepath.Join(dir, "tree")
	if err = os.Mkdir(tree, 0o755); err == nil {
		_, err = git(root, "archive", "--output", archive, "--format", "tar", commit)
	}
	if err == nil {
		_, err = run(dir, nil, "tar", "-xf", archive, "-C", tree)
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return tree, remove, nil
}

// published lists the modules of the tree, the root first.
func published(tree string) ([]module, error) {
	var all []module
	err := filepath.WalkDir(tree, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(tree, filepath.Dir(file))
		if err != nil || d.Name() != "go.mod" {
			return err
		}
		if dir = filepath.ToSlash(dir); slices.Contains(private, dir) || strings.Contains(dir, "testdata") {
			return nil
		}
		data, err := os.ReadFile(file)
		all = append(all, module{modfile.ModulePath(data), strings.TrimPrefix(dir, ".")})
		return err
	})
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return all, err
}

// pin writes the version of each published module into the go.mod of m, and drops
// what replaces one of them. It returns those that m requires.
func pin(tree string, m module, modules []module, version string) (required []module, err error) {
	file := filepath.Join(tree, m.dir, "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Clone(f.Require) {
		i := slices.IndexFunc(modules, func(m module) bool { return m.path == r.Mod.Path })
		if i < 0 {
			continue
		}
		if err := f.AddRequire(r.Mod.Path, version); err != nil {
			return nil, err
		}
		required = append(required, modules[i])
	}
	for _, r := range slices.Clone(f.Replace) {
		if err := f.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return nil, err
		}
	}
	f.Cleanup()
	if data, err = f.Format(); err != nil {
		return nil, err
	}
	return required, os.WriteFile(file, data, 0o644)
}

// verifyTag reports whether the files at root are those of the version.
func verifyTag(root, version string) error {
	modules, err := published(root)
	if err != nil {
		return err
	}
	_, err = notesOf(root, version)
	problems := []error{err}
	for _, m := range modules {
		file := filepath.Join(root, m.dir, "go.mod")
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		f, err := modfile.Parse(file, data, nil)
		if err != nil {
			return err
		}
		if len(f.Replace) > 0 {
			problems = append(problems, fmt.Errorf("%s: go install refuses a module with replace directives", file))
		}
		for _, r := range f.Require {
			if slices.ContainsFunc(modules, func(m module) bool { return m.path == r.Mod.Path }) && r.Mod.Version != version {
				problems = append(problems, fmt.Errorf("%s requires %s, not %s: the tag is not at the commit that .ci/release made", file, r.Mod, version))
			}
		}
	}
	return errors.Join(problems...)
}

// commit makes a commit of the tree, whose parent is HEAD but which is on no
// branch, and a tag at it for each module.
func commit(root, tree string, modules []module, version string) (tags []string, err error) {
	index := []string{"GIT_INDEX_FILE=" + tree + ".index"}
	if _, err := run(root, index, "git", "--work-tree", tree, "add", "--all", "--force", "."); err != nil {
		return nil, err
	}
	object, err := run(root, index, "git", "write-tree")
	if err != nil {
		return nil, err
	}
	if object, err = git(root, "commit-tree", object, "-p", "HEAD", "-m", "graceful "+version); err != nil {
		return nil, err
	}
	for _, m := range modules {
		tag := m.tag(version)
		if _, err := git(root, "tag", "--annotate", "-m", "graceful "+version, tag, object); err != nil {
			return nil, fmt.Errorf("%w; tagged so far, to be deleted: %q", err, tags)
		}
		tags = append(tags, tag)
	}
	return tags, nil
}

// git runs a command in a folder and returns what it printed.
func git(dir string, args ...string) (string, error) { return run(dir, nil, "git", args...) }

func run(dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, out, &stderr)
	}
	return strings.TrimSpace(string(out)), err
}
