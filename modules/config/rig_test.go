package config

import (
	"context"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// rig is a store with a separate file, without the wait for saves.
type rig struct {
	*Store
	path string
	web  *Value[web]
	db   *Value[database]
}

func newRig(t testing.TB, yaml string, change ...func(*Source)) *rig {
	t.Helper()
	r := &rig{path: file(t, "c.yaml", yaml)}
	src := Source{Files: []string{r.path}, Environ: none}
	for _, c := range change {
		c(&src)
	}
	set := NewSet()
	r.web, r.db = Add[web](set, "http", Default(webDefaults)), Add[database](set, "db")
	st, err := Load(set, src)
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	r.Store = st
	return r
}

func (r *rig) edit(t testing.TB, yaml string) Report {
	t.Helper()
	write(t, r.path, yaml)
	return r.Reload(context.Background(), "test")
}

// load reads one file into one section, the whole file if it has no name.
func load[T any](t *testing.T, section, name, text string, env ...string) (*T, error) {
	t.Helper()
	set := NewSet()
	v := Add[T](set, section)
	if _, err := Load(set, Source{Files: []string{file(t, name, text)}, Environ: append(env, "PATH=/bin")}); err != nil {
		return nil, err
	}
	return v.Get(), nil
}
