package deploy

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// settings returns the settings that the program reads from an environment and a
// file. An unknown name would not be noticed, so callers compare the values.
func settings(t *testing.T, env map[string]string, file string) (start app.StartConfig, stop app.StopConfig) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "todo.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{}
	for name, value := range env {
		if name == "TODO_CONFIG_FILE" {
			value = path
		}
		environ = append(environ, name+"="+value)
	}
	var starting *config.Value[app.StartConfig]
	var stopping *config.Value[app.StopConfig]
	err := fx.New(fx.NopLogger, graceful.Name("todo"), graceful.Module,
		config.WithSource(func(s *config.Source) { s.Environ = environ }), fx.Populate(&starting, &stopping)).Err()
	if err != nil {
		t.Fatal(err)
	}
	return *starting.Get(), *stopping.Get()
}
