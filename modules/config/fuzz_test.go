package config

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// FuzzLoad: no content of a file causes a panic, and what is accepted once is
// accepted again with the same values. A refusal says why.
func FuzzLoad(f *testing.F) {
	f.Add("yaml", goodFile)
	f.Add("toml", "[http]\nport = 80\n[[http.peers]]\nname = 'a'\n[http.headers]\n'a.b' = 'c'\n")
	f.Add("json", `{"http": {"port": 80, "peers": [{"name": "a"}]}}`)
	f.Add("yaml", "x: &a [*a]\nhttp: {<<: *a}")
	f.Add("yaml", "http: &h {any: *h}")
	f.Add("yaml", "? [a, b]\n: c\n1: 2\n~: 3\n")
	f.Add("yaml", "http: !!binary aGk=\ndb: !foo {path: !!str 1}\n")
	f.Add("toml", "a = 1\na.b = 2\n[[a]]\n")
	f.Add("json", "{\"a\":1e999}")
	f.Add("yaml", "http: {gen: .inf, ratio: .nan, since: 2026-01-01}")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, format, text string) {
		if format != "yaml" && format != "toml" && format != "json" || len(text) > 1<<16 {
			t.Skip()
		}
		path := filepath.Join(dir, "c."+format)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		set := NewSet()
		Add[web](set, "http", Default(webDefaults))
		Add[database](set, "db")
		l, err := NewCatalog(set, Source{Files: []string{path}, Environ: none})
		if err != nil {
			t.Fatal(err)
		}
		once := func() *candidate { return l.load(disk.New(context.Background(), l.src.base, disk.AtStart), nil) }
		one, two := once(), once()
		for _, p := range one.problems {
			if p.Reason == "" || p.Line < 0 || p.Col < 0 || p.Line > 1+strings.Count(text, "\n")+1 {
				t.Errorf("got problem %+v in %q", p, text)
			}
			_ = p.String()
		}
		if len(one.problems) != len(two.problems) {
			t.Errorf("got %v and then %v", one.problems, two.problems)
		}
		if len(one.problems) > 0 {
			return
		}
		now := &Snapshot{values: one.values, tree: one.tree}
		if d := l.diff(now, two); len(d.changed)+len(d.pending) > 0 {
			t.Errorf("the same text differs from itself: %v %v", d.changed, d.pending)
		}
	})
}

// FuzzResolve: no environment causes a panic, hides a setting for which it is not
// named, or is silently converted into something else.
func FuzzResolve(f *testing.F) {
	f.Add("APP_HTTP_PORT", "80")
	f.Add("APP_HTTP", "oops")
	f.Add("APP_HTTP_HOSTS", `["a", {"b": [`)
	f.Add("APP_HTTP_HEADERS", "a=b,=,c")
	f.Add("APP_HTTP_PEERS", `[{"name":"x","port":-1}]`)
	f.Add("APP_HTTP_LIMIT", "9223372036854775808")
	f.Add("APP_HTTP_READ_TIMEOUT", "1h1")
	f.Add("APP_HTTP_TOKEN_FILE", "/dev/null")
	f.Add("APP_HTTP_ANY", "{}")
	path := filepath.Join(f.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(goodFile), 0o600); err != nil {
		f.Fatal(err)
	}
	good, _, err := loadWeb(Source{Files: []string{path}})
	if err != nil {
		f.Fatal(err)
	}
	names := map[string]string{}
	for _, s := range newSection[web]("http", nil).leaves {
		names[Source{}.resolve().over.Variable(s.path)] = s.key
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if name == "APP_CONFIG_FILE" || strings.Contains(name, "=") || len(value) > 1<<12 {
			t.Skip()
		}
		got, _, err := loadWeb(Source{Files: []string{path}, Environ: []string{name + "=" + value}})
		if err != nil {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s=%q: got %v, want the name in it", name, value, err)
			}
			return
		}
		if names[name] == "" && name != "APP_HTTP_TOKEN_FILE" && !reflect.DeepEqual(got, good) {
			t.Errorf("%s=%q is no setting and changed something", name, value)
		}
	})
}
