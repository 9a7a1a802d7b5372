package config

import (
	"context"
	"strings"
	"testing"
	"time"
)

type route struct {
	Path string
	Age  time.Duration `reload:"restart"`
}

// An existing file may have a list or a scalar in place of a section.
func TestSectionMayBeAListOrAScalar(t *testing.T) {
	set := NewSet()
	routes := Add[[]route](set, "routes", Doc("what goes where"), Check(func(rs *[]route) error {
		for _, r := range *rs {
			if r.Path == "" {
				return Invalid("[1].path", "is missing")
			}
		}
		return nil
	}))
	mode := Add[string](set, "mode", Default(func() string { return "fast" }))
	every := Add[time.Duration](set, "sync.every", Default(func() time.Duration { return time.Minute }))
	token := Add[Secret](set, "token")
	peers := Add[[2]string](set, "peers", Default(func() [2]string { return [2]string{"a", "b"} }))
	path := file(t, "c.yaml", "routes:\n  - {path: /a, age: 1s}\n  - {path: /b, age: 2s}\nsync: {every: 5s}\n")
	src := Source{Files: []string{path}, Environ: []string{"APP_TOKEN=t", "APP_ROUTES_1_PATH=/c", "APP_MODE=slow"}}
	st, err := Load(set, src)
	if err != nil {
		t.Fatal(err)
	}
	if r := *routes.Get(); len(r) != 2 || r[1].Path != "/c" || r[1].Age != 2*time.Second || *mode.Get() != "slow" ||
		*every.Get() != 5*time.Second || token.Get().Reveal() != "t" || peers.Get()[1] != "b" {
		t.Errorf("got %v, %q, %v and %v", r, *mode.Get(), *every.Get(), *peers.Get())
	}
	var changed []string
	OnReload(every, "every", func(_ context.Context, c Change[time.Duration]) (Tx, error) {
		changed = append(changed, c.Keys...)
		return Tx{}, nil
	})
	write(t, path, "routes: [{path: /a, age: 3s}]\nsync: {every: 6s}\n")
	r := st.Reload(t.Context(), "test")
	if r.Err() != nil || *every.Get() != 6*time.Second || len(r.PendingRestart) != 1 || r.PendingRestart[0].Key != "routes" || strings.Join(changed, " ") != "sync.every" {
		t.Errorf("got %s, %v", r.Text(), changed)
	}
	again := NewSet()
	Add[[]route](again, "routes")
	Add[string](again, "mode")
	Add[time.Duration](again, "sync.every")
	Add[Secret](again, "token")
	Add[[2]string](again, "peers")
	if _, err := Load(again, Source{Files: []string{file(t, "sample.yaml", string(st.catalog.Sample()))}, Environ: none}); err != nil {
		t.Errorf("%v\n%s", err, st.catalog.Sample())
	}
	if s := string(st.catalog.Sample()); !strings.Contains(s, "# what goes where\n# (a list; changes on restart)\nroutes: []\n") || !strings.Contains(s, "mode: fast\n") {
		t.Errorf("got\n%s", s)
	}
}

func TestMistakesInASectionThatIsAListOrAScalar(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"routes: {a: 1}", ":1:1: routes: expected a list, found a table"},
		{"routes:\n  - {path: 1}", ":2:6: routes[0].path: expected text, found 1"},
		{"routes:\n  - {pth: a}", `:2:6: routes[0].pth: unknown key (did you mean "path"?)`},
		{"every: 5", ":1:1: every: duration 5 has no unit"},
		{"evry: 5s", `:1:1: evry: unknown section (did you mean "every"?)`},
		{"every: [5s]", ":1:1: every: expected a duration, found a list"},
		{"every:\n", ""},
	} {
		set := NewSet()
		Add[[]route](set, "routes")
		Add[time.Duration](set, "every")
		_, err := Load(set, Source{Files: []string{file(t, "c.yaml", tt.text)}, Environ: none})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: got %v, want %q", tt.text, err, tt.want)
		}
	}
}
