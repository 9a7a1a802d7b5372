package config

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A tenant comes and goes by the files of its secrets alone, with the links that
// Kubernetes makes, too; a file that is not a setting causes no reload.
func TestWatcherNoticesSecretsThatComeAndGo(t *testing.T) {
	t.Parallel()
	dir, late := t.TempDir(), filepath.Join(t.TempDir(), "late")
	write(t, late, "late\n")
	set := NewSet()
	v := Add[tenants](set, "")
	st, err := Load(set, Source{Files: []string{file(t, "c.yaml", "x-none: 1")},
		Environ: []string{"APP_SECRETS_DIRECTORY=" + dir, "APP_TENANTS_LATE_SECRET_FILE=" + late}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan error)
	go func() { done <- (&Watcher{Store: st}).Run(ctx) }()
	defer func() { cancel(); <-done }()
	await := func(what string, want ...string) {
		t.Helper()
		got := func() (all []string) {
			for name, tenant := range v.Get().Tenants {
				all = append(all, name+"="+tenant.Secret.Reveal())
			}
			for name, token := range v.Get().Tokens {
				all = append(all, name+"="+token.Reveal())
			}
			slices.Sort(all)
			return all
		}
		if r, err := st.Await(ctx, func(Report) bool { return slices.Equal(got(), want) }); err != nil {
			t.Fatalf("%s: got %q, want %q: %s", what, got(), want, r.Text())
		}
	}
	await("the file of a variable", "late=late")
	write(t, late, "later\n")
	await("which changes", "late=later")
	write(t, filepath.Join(dir, "tenants.google.secret"), "a\n")
	await("a file of an entry", "google=a", "late=later")
	write(t, filepath.Join(dir, "tenants.google.secret"), "b\n")
	await("which changes", "google=b", "late=later")
	write(t, filepath.Join(dir, "..1", "tokens.x"), "c\n")
	for name, target := range map[string]string{"..data": "..1", "tokens.x": filepath.Join("..data", "tokens.x")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	await("a link", "google=b", "late=later", "x=c")
	if err := os.Remove(filepath.Join(dir, "tenants.google.secret")); err != nil {
		t.Fatal(err)
	}
	await("a file that is gone", "late=later", "x=c")
	before := len(st.History())
	write(t, filepath.Join(dir, "unrelated"), "d\n")
	write(t, filepath.Join(dir, "tokens.y"), "e\n")
	await("another", "late=later", "x=c", "y=e")
	if n := len(st.History()); n > before+1 {
		t.Errorf("got %d reloads for one setting", n-before)
	}
}

// A secret that is saved by delete and create is missing for a moment, and then a
// reload must not take its entry away.
func TestSecretThatIsBeingSavedIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tenants.google.secret", "l.token"} {
		dir := t.TempDir()
		path := write(t, filepath.Join(dir, name), "a\n")
		set := NewSet()
		v, l := Add[tenants](set, ""), Add[lists](set, "l")
		st, err := Load(set, Source{Files: []string{file(t, "c.yaml", "l: {}")}, Environ: []string{"APP_SECRETS_DIRECTORY=" + dir}})
		if err != nil {
			t.Fatal(err)
		}
		st.catalog.limits.Grace = time.Minute
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		reloaded := make(chan Report)
		go func() { reloaded <- st.Reload(t.Context(), "test") }()
		<-time.After(10 * time.Millisecond) // a writer that is not done
		write(t, path, "b\n")
		r := <-reloaded
		var got []string
		for _, tenant := range v.Get().Tenants {
			got = append(got, tenant.Secret.Reveal())
		}
		if token := l.Get().Token.Reveal(); token != "" {
			got = append(got, token)
		}
		if r.Result != Applied || strings.Join(got, " ") != "b" {
			t.Errorf("%s: got %s and %q, want b", name, r.Text(), got)
		}
	}
}
