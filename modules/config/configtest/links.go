package configtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// linked are saves where symbolic links lead to the file.
func linked() []Pattern {
	return []Pattern{
		{"Kubernetes ..data swap", func(t testing.TB, dir, content string) (string, func(string)) {
			n := 0
			publish := func(content string) {
				n++
				version := fmt.Sprintf("..2026_%d", n)
				write(t, filepath.Join(dir, version, "c.yaml"), content)
				link(t, version, filepath.Join(dir, "..data_tmp"))
				check(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
				if n > 1 {
					check(t, os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..2026_%d", n-1))))
				}
			}
			publish(content)
			link(t, filepath.Join("..data", "c.yaml"), filepath.Join(dir, "c.yaml"))
			return filepath.Join(dir, "c.yaml"), publish
		}},
		{"target of a link rewritten", func(t testing.TB, dir, content string) (string, func(string)) {
			path, target := linkTo(t, dir, content)
			return path, func(content string) { write(t, target, content) }
		}},
		{"target of a link replaced", func(t testing.TB, dir, content string) (string, func(string)) {
			path, target := linkTo(t, dir, content)
			return path, func(content string) {
				write(t, target+".new", content)
				check(t, os.Rename(target+".new", target))
			}
		}},
		{"link turned to another file (ln -sfn)", func(t testing.TB, dir, content string) (string, func(string)) {
			path, target := linkTo(t, dir, content)
			n := 0
			return path, func(content string) {
				n++
				next := fmt.Sprintf("%s.%d", target, n)
				write(t, next, content)
				check(t, os.Remove(path))
				link(t, next, path)
			}
		}},
		{"link of the directory turned to another", func(t testing.TB, dir, content string) (string, func(string)) {
			n := 0
			publish := func(content string) {
				n++
				release := filepath.Join(dir, "releases", fmt.Sprint(n))
				write(t, filepath.Join(release, "c.yaml"), content)
				link(t, release, filepath.Join(dir, "next"))
				check(t, os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "current")))
			}
			publish(content)
			return filepath.Join(dir, "current", "c.yaml"), publish
		}},
	}
}

// linkTo makes dir/etc/c.yaml a link to a file in another directory.
func linkTo(t testing.TB, dir, content string) (path, target string) {
	path, target = filepath.Join(dir, "etc", "c.yaml"), filepath.Join(dir, "data", "real.yaml")
	write(t, target, content)
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	link(t, target, path)
	return path, target
}

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skip("symbolic links do not work here: " + err.Error())
	}
}
