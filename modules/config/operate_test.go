package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

func catalog(t *testing.T, src Source) (*Catalog, *Set) {
	t.Helper()
	set := NewSet()
	Add[web](set, "http", Default(webDefaults))
	Add[database](set, "http.db")
	if src.Environ == nil {
		src.Environ = none
	}
	c, err := NewCatalog(set, src)
	if err != nil {
		t.Fatal(err)
	}
	return c, set
}

func TestSampleSaysWhatIsSoAnyway(t *testing.T) {
	c, set := catalog(t, Source{Name: "todo"})
	sample := string(c.Sample())
	for _, want := range []string{
		"# listen address\n  # (text; changes on restart)\n  addr: :8080\n",
		"read_timeout: 5s\n",
		"  hosts:\n    - d1\n",
		"better not here: TODO_HTTP_TOKEN, or TODO_HTTP_TOKEN_FILE",
		"  # token:\n",
		"  # limit:\n",
		"  tls:\n    # (text)\n    min_version: \"\"\n",
		"  db:\n    # (text)\n    path: \"\"\n",
	} {
		if !strings.Contains(sample, want) {
			t.Errorf("got\n%s\nwant %q in it", sample, want)
		}
	}
	st, err := Load(set, Source{Files: []string{file(t, "c.yaml", sample)}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range st.catalog.sections {
		for _, leaf := range s.leaves {
			if got, want := bind.Show(leaf.value(st.Snapshot().values[i])), bind.Show(leaf.value(s.fresh())); got != want {
				t.Errorf("%s: got %s, want %s", leaf.key, got, want)
			}
		}
	}
}

func TestSchemaDescribesEverySetting(t *testing.T) {
	c, _ := catalog(t, Source{Name: "todo"})
	var s struct {
		Schema     string `json:"$schema"`
		Properties map[string]struct {
			Properties map[string]map[string]any
			Additional bool `json:"additionalProperties"`
		}
	}
	if err := json.Unmarshal(c.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	http := s.Properties["http"].Properties
	if s.Schema != "http://json-schema.org/draft-07/schema#" || s.Properties["http"].Additional || len(http) != 17 {
		t.Errorf("got %d settings of http in\n%s", len(http), c.Schema())
	}
	tests := []struct {
		key, field string
		want       any
	}{
		{"addr", "x-reload", "restart"},
		{"addr", "default", ":8080"},
		{"addr", "description", "listen address"},
		{"addr", "x-env", "TODO_HTTP_ADDR"},
		{"port", "maximum", 65535.0},
		{"token", "writeOnly", true},
		{"token", "default", nil},
		{"read_timeout", "default", "5s"},
		{"peers", "type", []any{"array", "null"}},
	}
	for _, tt := range tests {
		if got := http[tt.key][tt.field]; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %s: got %v, want %v", tt.key, tt.field, got, tt.want)
		}
	}
}

func TestEffectiveNamesTheSourceOfEachValue(t *testing.T) {
	r := newRig(t, "http:\n  addr: a\n  token: hunter2\n", func(s *Source) { s.Environ = []string{"APP_DB_PATH=x"} })
	r.edit(t, "http:\n  port: 1\n  addr: b\n")
	got := map[string]string{}
	for _, s := range r.Effective() {
		got[s.Key] = s.Value + " from " + s.Source
		if strings.Contains(s.Value, "hunter2") {
			t.Errorf("%s shows the secret", s.Key)
		}
	}
	for key, want := range map[string]string{
		"http.addr":         `"a" from ` + r.path + ":2:3", // in force until a restart
		"http.port":         "1 from " + r.path + ":2:3",
		"http.read_timeout": "5s from default",
		"db.path":           `"x" from env APP_DB_PATH`,
	} {
		if got[key] != want {
			t.Errorf("%s: got %s, want %s", key, got[key], want)
		}
	}
}

func TestCheckReportsWithoutStarting(t *testing.T) {
	path := file(t, "c.yaml", "http: {prot: 1}")
	c, _ := catalog(t, Source{Files: []string{path}, Environ: []string{"APP_HTTP_PROT=1", "APP_HTTP_PORT_80_TCP_ADDR=x", "APP_X_SERVICE_HOST=y", "APP_PORT=tcp://10.0.0.1:80", "APP_PORT_80_TCP=tcp://10.0.0.1:80", "PATH=z",
		"APP_STORE_URL=read elsewhere", "APP_STORE_URI=meant"}, Reads: []string{"APP_STORE_URL"}})
	files, problems := c.Check(t.Context())
	if len(files) != 1 || len(problems) != 1 || !strings.Contains(problems[0].String(), "c.yaml:1:8: http.prot: unknown key") {
		t.Errorf("got %v, %v", files, problems)
	}
	strays := c.UnusedEnv()
	if len(strays) != 2 || strays[0].String() != `env APP_HTTP_PROT: sets nothing (did you mean "APP_HTTP_PORT"?)` ||
		strays[1].String() != `env APP_STORE_URI: sets nothing (did you mean "APP_STORE_URL"?)` {
		t.Errorf("got %v", strays)
	}
}
