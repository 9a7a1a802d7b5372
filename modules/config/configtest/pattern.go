package configtest

import (
	"path/filepath"
	"testing"
)

// A Pattern is one of the ways in which a file gets new content: an editor, a
// deployment, a command. Watching files goes wrong differently in each.
type Pattern struct {
	Name string
	// Begin puts the content into place below dir, which is empty, and
	// returns the path under which a program should read it, and the function
	// that saves new content there. Begin skips the test when this machine
	// cannot do it. Save fails the test when it cannot.
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
