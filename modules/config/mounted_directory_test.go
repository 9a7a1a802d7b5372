package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A ConfigMap is a directory of links: the main file, its drop-ins, and secrets by
// the names of their keys in another.
func TestConfigMapDirectoryFits(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "..2026", "todo.yaml"), "tenants:\n  google: {id: 1}\n  big-co: {id: 2}\nhosts: [a]\n")
	write(t, filepath.Join(dir, "..2026", "10-more.yaml"), "tenants:\nhosts: [b]\n")
	if err := os.Symlink("..2026", filepath.Join(dir, "..data")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(filepath.Join("..data", "todo.yaml"), filepath.Join(dir, "todo.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "todo.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "..data", "10-more.yaml"), filepath.Join(dir, "todo.d", "10-more.yaml")); err != nil {
		t.Fatal(err)
	}
	secrets := t.TempDir()
	write(t, filepath.Join(secrets, "tenants.google.secret"), "one\n")
	write(t, filepath.Join(secrets, "two"), "two\n")
	type settings struct {
		Hosts   []string `merge:"append"`
		Tenants map[string]*struct {
			ID     int `config:"id"`
			Secret Secret
		}
	}
	set := NewSet()
	v := Add[settings](set, "")
	_, err := Load(set, Source{Name: "todo", Files: []string{filepath.Join(dir, "todo.yaml")}, Environ: []string{
		"TODO_SECRETS_DIRECTORY=" + secrets, "TODO_TENANTS_BIG_CO_SECRET_FILE=" + filepath.Join(secrets, "two"), "TODO_HOSTS_1=c"}})
	if err != nil {
		t.Fatal(err)
	}
	got := v.Get()
	if g, b := got.Tenants["google"], got.Tenants["big-co"]; g.ID != 1 || g.Secret.Reveal() != "one" || b.ID != 2 || b.Secret.Reveal() != "two" {
		t.Errorf("got %q and %q", g.Secret.Reveal(), b.Secret.Reveal())
	}
	if strings.Join(got.Hosts, ",") != "a,c" {
		t.Errorf("got %q, want a,c", got.Hosts)
	}
}

// A forgotten mount is not the same as no secrets.
func TestDirectoryOfSecretsHasToBeThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "secrets")
	_, err := load[struct{ Token Secret }](t, "t", "c.yaml", "t: {}", "APP_SECRETS_DIRECTORY="+missing)
	if want := "env APP_SECRETS_DIRECTORY: " + missing + " does not exist"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.Mkdir(missing, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := load[struct{ Token Secret }](t, "t", "c.yaml", "t: {}", "APP_SECRETS_DIRECTORY="+missing); err != nil {
		t.Error(err)
	}
}
