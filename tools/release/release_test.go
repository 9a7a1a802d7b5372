package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// repository is a small one of our shape: a library, a module that depends on it by
// replace, one whose name comes before that of a module on which it depends, and
// the example, which is a program.
const repository = `
-- go.mod --
module example.com/lib

go 1.26.0
-- lib.go --
package lib

func Old() {}
func Kept() {}
-- CHANGELOG.md --
# Changelog

## 0.2.0 - 2026-12-31

Something is new.

## 0.1.0 - 2026-11-30

The first.
-- bench/go.mod --
module example.com/lib/bench

go 1.26.0

require (
	example.com/lib v0.0.0-00010101000000-000000000000
	example.com/lib/contrib/more v0.0.0-00010101000000-000000000000
)

replace (
	example.com/lib => ..
	example.com/lib/contrib/more => ../contrib/more
)
-- bench/bench.go --
package bench

import "example.com/lib/contrib/more"

func Bench() { more.More() }
-- contrib/more/go.mod --
module example.com/lib/contrib/more

go 1.26.0

require example.com/lib v0.0.0-00010101000000-000000000000

replace example.com/lib => ../..
-- contrib/more/more.go --
package more

import "example.com/lib"

func More() { lib.Kept() }
-- examples/todo/go.mod --
module example.com/lib/examples/todo

go 1.26.0

require example.com/lib v0.0.0-00010101000000-000000000000

replace example.com/lib => ../..
-- examples/todo/main.go --
package main

import (
	"fmt"
	"os"
	"os/signal"

	"example.com/lib"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	lib.Kept()
	fmt.Println("ready")
	<-stop
}
-- tools/go.mod --
module example.com/lib/tools

go 1.26.0
`

// newRepository commits the files, each text of more over what is there.
func newRepository(t *testing.T, more ...string) string {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+who+"_NAME", "test")
		t.Setenv("GIT_"+who+"_EMAIL", "test@example.com")
	}
	root := t.TempDir()
	mustGit(t, root, "init", "--quiet")
	for _, text := range append([]string{repository}, more...) {
		put(t, root, text)
	}
	return root
}

func put(t *testing.T, root, text string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(text)).Files {
		name := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mustGit(t, root, "add", "--all")
	mustGit(t, root, "commit", "--quiet", "--allow-empty", "--message", "test")
}

func mustGit(t *testing.T, root string, args ...string) string {
	t.Helper()
	out, err := git(root, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The tags are at a commit beside the branch, whose files are those of the version:
// no replace, and every module requires the others as they are published.
func TestReleaseTagsWhatUsersCanHave(t *testing.T) {
	root := newRepository(t)
	if err := release(root, "v0.1.0", false); err != nil {
		t.Fatal(err)
	}
	if got, want := mustGit(t, root, "tag"), "bench/v0.1.0\ncontrib/more/v0.1.0\nexamples/todo/v0.1.0\nv0.1.0"; got != want {
		t.Errorf("tags %q, want %q", got, want)
	}
	if got := mustGit(t, root, "show", "examples/todo/v0.1.0^{commit}:examples/todo/go.mod"); strings.Contains(got, "replace") || !strings.Contains(got, "example.com/lib v0.1.0") {
		t.Errorf("users get\n%s", got)
	}
	if got := mustGit(t, root, "show", "v0.1.0^{commit}:contrib/more/go.sum"); !strings.Contains(got, "example.com/lib v0.1.0 h1:") {
		t.Errorf("a checkout of the tag does not build by itself: go.sum has %q", got)
	}
	if got := mustGit(t, root, "show", "v0.1.0^{commit}:bench/go.sum"); !strings.Contains(got, "example.com/lib/contrib/more v0.1.0 h1:") {
		t.Errorf("a module that requires a later one does not build by itself: go.sum has %q", got)
	}
	if got := mustGit(t, root, "status", "--porcelain"); got != "" {
		t.Errorf("the working tree changed: %s", got)
	}
	if err := verifyTag(root, "v0.1.0"); err == nil {
		t.Error("the branch passes for the tag")
	}
	mustGit(t, root, "checkout", "--quiet", "v0.1.0")
	if err := verifyTag(root, "v0.1.0"); err != nil {
		t.Error(err)
	}
	if err := verifyTag(root, "v0.2.0"); err == nil {
		t.Error("the tag passes for another")
	}
}

func TestReleaseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, version, more, want string }{
		{"what is no version", "0.1.0", "", "not a version"},
		{"without notes", "v0.3.0", "", `no section "## 0.3.0"`},
		{"without a date", "v0.1.0", "-- CHANGELOG.md --\n## 0.1.0 - unreleased\n", "has no date"},
		{"a module that needs what users do not get", "v0.1.0", "-- contrib/more/go.mod --\nmodule example.com/lib/contrib/more\n\ngo 1.26.0\n\nrequire example.com/lib/tools v0.0.0\n\nreplace example.com/lib/tools => ../../tools\n-- contrib/more/more.go --\npackage more\n\nimport _ \"example.com/lib/tools\"\n-- tools/tools.go --\npackage tools\n", "a user cannot have it"},
		{"an example that does not start", "v0.1.0", "-- examples/todo/main.go --\npackage main\n\nimport _ \"example.com/lib\"\n\nfunc main() {}\n", "ended before it was ready"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := newRepository(t, tt.more)
			if err := release(root, tt.version, false); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if tags := mustGit(t, root, "tag"); tags != "" {
				t.Errorf("it left the tags %q", tags)
			}
		})
	}
	root := newRepository(t)
	if err := os.WriteFile(filepath.Join(root, "new.go"), []byte("package lib\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := release(root, "v0.1.0", false); err == nil || !strings.Contains(err.Error(), "not everything is committed") {
		t.Errorf("with changes: %v", err)
	}
}

func TestBrokenAPINeedsANote(t *testing.T) {
	root := newRepository(t)
	mustGit(t, root, "tag", "v0.1.0")
	put(t, root, "-- lib.go --\npackage lib\n\nfunc Kept() {}\n")
	if err := release(root, "v0.2.0", true); err == nil || !strings.Contains(err.Error(), "Old: removed; CHANGELOG.md does not name it") {
		t.Errorf("a name is gone without a word: %v", err)
	}
	put(t, root, "-- CHANGELOG.md --\n## 0.2.0 - 2026-12-31\n\n`Old` is gone.\n\n## 0.1.0 - 2026-11-30\n")
	if err := release(root, "v0.2.0", true); err != nil {
		t.Error(err)
	}
}
