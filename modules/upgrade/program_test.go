package upgrade

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
		o    origin
		want string
	}{
		"absolute":              {origin{argv: []string{bin + "/app"}}, "bin/app"},
		"relative":              {origin{argv: []string{"./app"}, dir: bin}, "bin/app"},
		"relative, in a folder": {origin{argv: []string{"bin/app", "-v"}, dir: dir}, "bin/app"},
		"by PATH":               {origin{argv: []string{"app"}, dir: dir, path: "/nowhere" + list + bin}, "bin/app"},
		"by a relative PATH":    {origin{argv: []string{"app"}, dir: dir, path: "nowhere" + list + "bin"}, "bin/app"},
		"by an empty PATH":      {origin{argv: []string{"app"}, dir: bin, path: list + "/nowhere"}, "bin/app"},
		"by symlinked release":  {origin{argv: []string{dir + "/current/app"}}, "current/app"},
		"under another argv[0]": {origin{argv: []string{"worker"}, exe: bin + "/app", dir: dir}, "bin/app"},
	} {
		p, err := tt.o.find()
		if got, want := p.path, filepath.Join(dir, tt.want); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

func TestProgramsThatCannotBeReplacedAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		o    origin
		want string
		is   error
	}{
		"nameless":            {origin{}, "without a name", nil},
		"gone from PATH":      {origin{argv: []string{"app"}, path: t.TempDir()}, "in PATH any more", fs.ErrNotExist},
		"gone":                {origin{argv: []string{"/nowhere/app"}}, "put the new one there", fs.ErrNotExist},
		"unknown directory":   {origin{argv: []string{"./app"}, err: fs.ErrNotExist}, "is not known", fs.ErrNotExist},
		"go run":              {origin{argv: []string{"/tmp/go-build123/b001/exe/main"}}, "go build it", errors.ErrUnsupported},
		"go run, second time": {origin{argv: []string{"/root/.cache/go-build/bc/" + strings.Repeat("ab", 32) + "-d/x"}}, "go build it", errors.ErrUnsupported},
	} {
		_, err := tt.o.find()
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
	env := environment()
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

func TestPauseAfterFailuresDoublesUpToAMinute(t *testing.T) {
	p, now := program{path: "/app", identity: identity{size: 1}}, time.Now()
	var b backoff
	var got []time.Duration
	for range 8 {
		b.failed(p, errors.New("no"), now)
		got = append(got, b.until.Sub(now))
		if b.allows(p, now) == nil || b.allows(p, b.until) != nil {
			t.Errorf("after %d failures: %v, %v", b.failures, b.allows(p, now), b.allows(p, b.until))
		}
	}
	want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}
	for i := range want {
		if want[i] *= time.Second; got[i] != want[i] {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	repaired := program{path: "/app", identity: identity{size: 2}}
	if err := b.allows(repaired, now); err != nil {
		t.Errorf("another program is refused: %v", err)
	}
	b.failed(repaired, errors.New("no"), now)
	if b.failures != 1 {
		t.Errorf("got %d failures of another program, want 1", b.failures)
	}
}
