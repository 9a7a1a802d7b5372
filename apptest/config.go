package apptest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/modules/config"
)

// File is a configuration file of a test. It is an fx.Option: give it to New.
type File struct {
	fx.Option
	Path string

	t testing.TB
}

// Config writes a configuration file in YAML to a temporary directory.
func Config(t testing.TB, yaml string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	f := &File{Option: config.WithFile(path), Path: path, t: t}
	f.Edit(yaml)
	return f
}

// Edit replaces the contents of the file at once, never leaving half a file, as a
// good editor does. The application reloads by itself a moment later; a test that
// does not want to wait for that calls Do with app.Reload.
func (f *File) Edit(yaml string) {
	f.t.Helper()
	next := f.Path + ".next"
	if err := os.WriteFile(next, []byte(yaml), 0o600); err != nil {
		f.t.Fatalf("write the configuration: %v", err)
	}
	if err := os.Rename(next, f.Path); err != nil {
		f.t.Fatalf("write the configuration: %v", err)
	}
}

// apart keeps an application away from what it would share with others on this
// machine, whatever a configuration file says: its server listens on a free port of
// the loopback, and it has no admin socket. The environment of the test wins over
// both.
func apart() fx.Option {
	return config.WithSource(func(src *config.Source) {
		if src.Environ == nil {
			src.Environ = os.Environ()
		}
		prefix := config.EnvPrefix(src.Name)
		for _, setting := range []string{"HTTP_ADDR=127.0.0.1:0", "ADMIN_ADDR=off"} {
			name, _, _ := strings.Cut(setting, "=")
			taken := slices.ContainsFunc(src.Environ, func(kv string) bool { return strings.HasPrefix(kv, prefix+name+"=") })
			if !taken {
				src.Environ = append(src.Environ[:len(src.Environ):len(src.Environ)], prefix+setting)
			}
		}
	})
}
