package configtest

import (
	"path/filepath"
	"testing"
)

// A Pattern is one of the ways in which a file gets new content: by an editor, a
// deployment, a command. Watching files fails differently with each.
type Pattern struct {
	Name string
	// Begin puts the content into place below dir, which is empty. It returns the
	// path under which a program should read it, and a function that saves new
	// content there. Begin skips the test when this machine does not support the
	// pattern. Save fails the test when it cannot save.
	Begin func(t testing.TB, dir, content string) (path string, save func(content string))
}

// plain makes a pattern that saves c.yaml in dir.
func plain(name string, save func(t testing.TB, path, content string)) Pattern {
	return Pattern{name, func(t testing.TB, dir, content string) (string, func(string)) {
		path := filepath.Join(dir, "c.yaml")
		write(t, path, content)
		return path, func(content string) { save(t, path, content) }
	}}
}
