package apptest

import (
	"os"
	"path/filepath"
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

// Edit replaces what is in the file, as an editor does that never leaves half
// a file. The application takes it up at the next reload.
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

// freePort makes the server listen on a free port of this machine only,
// whatever a configuration file says, unless the environment says otherwise.
func freePort() fx.Option {
	return config.WithSource(func(src *config.Source) {
		if src.Environ == nil {
			src.Environ = os.Environ()
		}
		name := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(src.Name)) + "_HTTP_ADDR="
		for _, kv := range src.Environ {
			if strings.HasPrefix(kv, name) {
				return
			}
		}
		src.Environ = append(src.Environ[:len(src.Environ):len(src.Environ)], name+"127.0.0.1:0")
	})
}
