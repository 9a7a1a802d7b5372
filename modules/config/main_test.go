package config

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write puts a file into place, and returns its path.
func write(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// file writes a configuration file into a new directory.
func file(t testing.TB, name, content string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), name), content)
}

// none is an empty environment.
var none = []string{}
