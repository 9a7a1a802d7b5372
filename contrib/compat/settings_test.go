package compat

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

func settingsFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns the error of reading a file into the sections in opts.
func read(path string, opts ...fx.Option) error {
	return fx.New(fx.NopLogger, app.Module, fx.Supply(app.Name("shop")), config.Module, config.WithFile(path), fx.Options(opts...)).Err()
}

func TestRulesInTagsAreReportedAtTheirLines(t *testing.T) {
	path := settingsFile(t, "pool:\n  size: 1000\n  mode: write\n  members:\n    - {host: a.example.com, port: 5432}\n    - {host: b.example.com,\n       port: 80}\n")
	err := read(path, pool, fx.Invoke(func(*config.Value[Pool]) {}))
	var invalid *config.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want an InvalidError", err)
	}
	var got []string
	for _, p := range invalid.Problems {
		got = append(got, strings.TrimPrefix(p.String(), path))
	}
	want := ":1:1: pool.token: does not satisfy required_if=Mode write\n:2:3: pool.size: does not satisfy max=100\n:7:8: pool.members[1].port: does not satisfy gt=1023"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if err := read(settingsFile(t, "pool: {size: 3}"), pool, fx.Invoke(func(*config.Value[Pool]) {})); err != nil {
		t.Error(err)
	}
}
