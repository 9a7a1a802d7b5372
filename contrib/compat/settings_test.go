package compat

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/compat/before"
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

// read is what the sections in opts make of a file.
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

// A file and an environment made for viper say the same afterwards, but for the
// case of keys, which viper loses.
func TestFileMadeForViperIsRead(t *testing.T) {
	t.Setenv("SHOP_WEB_READTIMEOUT", "7s")
	path := settingsFile(t, "name: shop\nweb:\n  readTimeout: 3s\nlabels:\n  team: a\n  API: b\n")
	was, err := before.ReadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	var is Settings
	err = read(path, settings(path), fx.Provide(func() func(Settings) { return func(Settings) {} }),
		fx.Invoke(func(v *config.Value[Settings]) { is = *v.Get() }))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(is.Name, is.Web.ReadTimeout, is.Labels["team"]), fmt.Sprint(was.Name, was.Web.ReadTimeout, was.Labels["team"]); got != want || is.Web.ReadTimeout.Seconds() != 7 {
		t.Errorf("got %s, viper %s", got, want)
	}
	if is.Labels["API"] != "b" || was.Labels["api"] != "b" {
		t.Errorf("got %v, viper %v", is.Labels, was.Labels)
	}
}
