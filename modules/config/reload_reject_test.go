package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

func TestLastGoodConfigurationStays(t *testing.T) {
	dir := t.TempDir()
	for name, spoil := range map[string]func(path string) error{
		"missing":   os.Remove,
		"empty":     func(p string) error { return os.WriteFile(p, nil, 0o644) },
		"directory": func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) },
		"latin1":    func(p string) error { return os.WriteFile(p, []byte("http: \xe4"), 0o644) },
		"syntax":    func(p string) error { return os.WriteFile(p, []byte("http: ["), 0o644) },
		"key":       func(p string) error { return os.WriteFile(p, []byte("http: {prot: 2}"), 0o644) },
		"type":      func(p string) error { return os.WriteFile(p, []byte("http: {port: x}"), 0o644) },
		"check":     func(p string) error { return os.WriteFile(p, []byte("db: {max_open: 5000}"), 0o644) },
		"large":     func(p string) error { return os.Truncate(p, MaxFileSize+1) },
		"loop": func(p string) error {
			return errors.Join(os.Remove(p), os.Symlink(filepath.Base(p), p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(dir, name, "c.yaml"), "http: {port: 1}")
			r := newRig(t, "http: {}", func(s *Source) { s.Files = []string{path} })
			before, snap := r.web.Get(), r.Snapshot()
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			got := r.Reload(context.Background(), "SIGHUP")
			if got.Result != Rejected || len(got.Problems) == 0 || got.Problems[0].File != path || got.Revision != 1 {
				t.Errorf("got %s, want it rejected with a problem in %s", got.JSON(), path)
			}
			if r.web.Get() != before || r.Snapshot() != snap {
				t.Error("something changed")
			}
			if !strings.Contains(got.Text(), "revision 1 stays in force") {
				t.Errorf("got %q", got.Text())
			}
		})
	}
}

func TestReloadWithoutAnyFileIsReported(t *testing.T) {
	t.Chdir(t.TempDir())
	r := newRig(t, "", func(s *Source) { s.Name, s.Files = "todo", nil })
	got := r.Reload(context.Background(), "SIGHUP")
	want := "unchanged: no config file; name one with TODO_CONFIG_FILE, or create todo.yaml in the working directory"
	if got.Text() != want || got.Err() != nil {
		t.Errorf("got  %q, %v\nwant %q", got.Text(), got.Err(), want)
	}
	write(t, "todo.yaml", "http: {port: 5}")
	if got := r.Reload(context.Background(), "SIGHUP"); got.Result != Applied || r.web.Get().Port != 5 {
		t.Errorf("got %q, want the new file in force", got.Text())
	}
	if err := os.Rename("todo.yaml", "todo.json"); err != nil {
		t.Fatal(err)
	}
	if got := r.Reload(context.Background(), "SIGHUP"); got.Result != Rejected || r.web.Get().Port != 5 {
		t.Errorf("got %q, want it rejected: the file in force is gone", got.Text())
	}
}

// touchy can be read, but not be shown.
type touchy string

func (t *touchy) UnmarshalText(text []byte) error { *t = touchy(text); return nil }

func (t touchy) MarshalText() ([]byte, error) {
	if t == "bad" {
		panic("boom")
	}
	return []byte(t), nil
}

func TestPanicOnTheWayIsRejected(t *testing.T) {
	set, path := NewSet(), file(t, "c.yaml", "a: {x: good}")
	v := Add[struct{ X touchy }](set, "a")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	write(t, path, "a: {x: bad}")
	got := st.Reload(t.Context(), "test")
	if got.Result != Rejected || !strings.Contains(got.Text(), "boom") || v.Get().X != "good" {
		t.Errorf("got %s, %s in force", got.Text(), v.Get().X)
	}
	write(t, path, "a: {x: better}")
	if got := st.Reload(t.Context(), "test"); got.Result != Applied || v.Get().X != "better" {
		t.Errorf("got %s, want the next one applied", got.Text())
	}
}
