package process

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestProgramIsFoundWhereTheShellFoundIt(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	for _, name := range []string{"bin/app", "releases/1/app", "releases/2/app", "other/app"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("releases/2", filepath.Join(dir, "current")); err != nil {
		t.Skip(err)
	}
	list := string(filepath.ListSeparator)
	for name, tt := range map[string]struct {
		o    Initial
		want string
	}{
		"absolute":              {Initial{Argv: []string{bin + "/app"}}, "bin/app"},
		"relative":              {Initial{Argv: []string{"./app"}, Dir: bin}, "bin/app"},
		"relative, in a folder": {Initial{Argv: []string{"bin/app", "-v"}, Dir: dir}, "bin/app"},
		"by PATH":               {Initial{Argv: []string{"app"}, Dir: dir, Path: "/nowhere" + list + bin}, "bin/app"},
		"by a relative PATH":    {Initial{Argv: []string{"app"}, Dir: dir, Path: "nowhere" + list + "bin"}, "bin/app"},
		"by an empty PATH":      {Initial{Argv: []string{"app"}, Dir: bin, Path: list + "/nowhere"}, "bin/app"},
		"by symlinked release":  {Initial{Argv: []string{dir + "/current/app"}}, "current/app"},
		"under another argv[0]": {Initial{Argv: []string{"worker"}, Exe: bin + "/app", Dir: dir}, "bin/app"},
	} {
		p, err := tt.o.Find()
		if got, want := p.Path, filepath.Join(dir, tt.want); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

func TestProgramsThatCannotBeReplacedAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		o    Initial
		want string
		is   error
	}{
		"nameless":            {Initial{}, "without a name", nil},
		"gone from PATH":      {Initial{Argv: []string{"app"}, Path: t.TempDir()}, "in PATH any more", fs.ErrNotExist},
		"gone":                {Initial{Argv: []string{"/nowhere/app"}}, "put the new one there", fs.ErrNotExist},
		"unknown directory":   {Initial{Argv: []string{"./app"}, Err: fs.ErrNotExist}, "is not known", fs.ErrNotExist},
		"go run":              {Initial{Argv: []string{"/tmp/go-build123/b001/exe/main"}}, "go build it", errors.ErrUnsupported},
		"go run, second time": {Initial{Argv: []string{"/root/.cache/go-build/bc/" + strings.Repeat("ab", 32) + "-d/x"}}, "go build it", errors.ErrUnsupported},
	} {
		_, err := tt.o.Find()
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

func TestSuccessorGetsOurEnvironmentWithoutWhatIsOnlyForUs(t *testing.T) {
	t.Setenv(successorEnv, "77")
	t.Setenv("LISTEN_FDS", "2")
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDNAMES", "a:b")
	t.Setenv("KEPT", "x")
	env := environment(nil)
	var ours []string
	for _, kv := range env {
		if strings.HasPrefix(kv, "LISTEN_") || strings.HasPrefix(kv, "GRACEFUL_") {
			ours = append(ours, kv)
		}
	}
	if len(ours) != 1 || ours[0] != successorEnv+"=3" || !slices.Contains(env, "KEPT=x") {
		t.Errorf("got %v", ours)
	}
}
