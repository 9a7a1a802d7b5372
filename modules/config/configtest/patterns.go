// Package configtest helps to test how a program handles a changing configuration.
//
// [NewFile] makes a configuration file that a test edits, and [Await] waits until
// the program has read it again. [Patterns] are the ways in which editors,
// deployments and commands save a file, for a program that watches files itself.
//
// The page for applications:
// https://github.com/gracefulfx/graceful/blob/main/docs/testing.md
package configtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Patterns returns the ways to save a file. After each save the content is complete
// and stays, so a program must end up with it. In between the file may be missing,
// empty or cut short, and a program must never use that.
func Patterns() []Pattern {
	var all []Pattern
	all = append(all, inPlace()...)
	all = append(all, replaced()...)
	all = append(all, tools()...)
	return append(all, linked()...)
}

// inPlace are saves that open the same file again.
func inPlace() []Pattern {
	return []Pattern{
		plain("os.WriteFile", func(t testing.TB, path, content string) { write(t, path, content) }),
		plain("truncate, then three writes 20 ms apart", func(t testing.TB, path, content string) {
			f := create(t, path)
			third := len(content) / 3
			for i, part := range []string{content[:third], content[third : 2*third], content[2*third:]} {
				if i > 0 {
					pause(20 * time.Millisecond)
				}
				put(t, f, part)
			}
			closeFile(t, f)
		}),
		plain("vim, backupcopy=yes", func(t testing.TB, path, content string) {
			write(t, path+"~", read(t, path))
			viWrite(t, path, content)
			check(t, os.Remove(path+"~"))
		}),
	}
}

// replaced are saves after which the name belongs to another file.
func replaced() []Pattern {
	return []Pattern{
		plain("rename from the same directory", func(t testing.TB, path, content string) {
			write(t, path+".new", content)
			check(t, os.Rename(path+".new", path))
		}),
		plain("vim, backupcopy=auto", func(t testing.TB, path, content string) {
			write(t, filepath.Join(filepath.Dir(path), "4913"), "")
			check(t, os.Remove(filepath.Join(filepath.Dir(path), "4913")))
			check(t, os.Rename(path, path+"~"))
			viWrite(t, path, content)
			check(t, os.Remove(path+"~"))
		}),
		plain("vim, backup kept, backupcopy=no", func(t testing.TB, path, content string) {
			check(t, os.Rename(path, path+"~"))
			viWrite(t, path, content)
		}),
		plain("rename to a backup, create, write", func(t testing.TB, path, content string) {
			check(t, os.Rename(path, path+".bak"))
			write(t, path, content)
		}),
		plain("delete, 50 ms, create", func(t testing.TB, path, content string) {
			check(t, os.Remove(path))
			pause(50 * time.Millisecond)
			write(t, path, content)
		}),
		plain("delete and create", func(t testing.TB, path, content string) {
			check(t, os.Remove(path))
			write(t, path, content)
		}),
		{"directory deleted and created", func(t testing.TB, dir, content string) (string, func(string)) {
			path := filepath.Join(dir, "etc", "c.yaml")
			write(t, path, content)
			return path, func(content string) {
				check(t, os.RemoveAll(filepath.Dir(path)))
				write(t, path, content)
			}
		}},
		{"directory above replaced by another", func(t testing.TB, dir, content string) (string, func(string)) {
			path := filepath.Join(dir, "app", "etc", "c.yaml")
			write(t, path, content)
			return path, func(content string) {
				write(t, filepath.Join(dir, "new", "etc", "c.yaml"), content)
				check(t, os.Rename(filepath.Join(dir, "app"), filepath.Join(dir, "old")))
				check(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "app")))
				check(t, os.RemoveAll(filepath.Join(dir, "old")))
			}
		}},
	}
}

// viWrite writes as vim does: create, two writes, chmod.
func viWrite(t testing.TB, path, content string) {
	f := create(t, path)
	put(t, f, content[:len(content)/2])
	put(t, f, content[len(content)/2:])
	closeFile(t, f)
	check(t, os.Chmod(path, 0o644))
}
