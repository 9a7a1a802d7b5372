package config

import (
	"maps"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// rates is a section whose keys the operator chooses.
type rates map[string]float64

func (r rates) Validate() error {
	for name, n := range r {
		if n < 0 {
			return Invalid(name, "%v is negative", n)
		}
	}
	return nil
}

func TestSectionThatIsAMap(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		env        []string
		want       rates
		fail       string
	}{
		{"left out", "db: {path: x}", nil, rates{"all": 1}, ""},
		{"empty", "rates:", nil, rates{"all": 1}, ""},
		{"keys as they are written", "rates: {Berlin: 0.5, a.b: 2}", nil, rates{"all": 1, "Berlin": 0.5, "a.b": 2}, ""},
		{"null takes a default away", "rates: {all: , x: 2}", nil, rates{"x": 2}, ""},
		{"from the environment", "rates: {x: 2}", []string{"APP_RATES=y=3"}, rates{"all": 1, "y": 3}, ""},
		{"a word", "rates: high", nil, nil, `c.yaml:1:1: rates: expected a table, found "high"`},
		{"an entry that does not fit", "rates:\n  x: high", nil, nil, `c.yaml:2:3: rates.x: "high" is not a number`},
		{"an entry against a rule", "rates:\n  x: 1\n  y: -1", nil, nil, `c.yaml:3:3: rates.y: -1 is negative`},
		{"a neighbour below the same name", "web: {routes: {/a: 1}, path: x}", nil, rates{"all": 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := NewSet()
			v := Add[rates](set, "rates", Default(func() rates { return rates{"all": 1} }))
			Add[rates](set, "web.routes")
			Add[database](set, "web")
			Add[database](set, "db")
			_, err := Load(set, Source{Files: []string{file(t, "c.yaml", c.yaml)}, Environ: append(none, c.env...)})
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Errorf("got %v, want %q in it", err, c.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := *v.Get(); !maps.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestSectionThatIsAMapIsReportedAsOneSetting(t *testing.T) {
	set := NewSet()
	Add[rates](set, "rates", Doc("requests per second, by city"))
	path := file(t, "c.yaml", "rates: {x: 1}\n")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	write(t, path, "rates:\n  x: 2\n")
	r := st.Reload(t.Context(), "test")
	want := Changed{"rates", `{"x": 1}`, `{"x": 2}`, path + ":1:1"}
	if got := r.Changed; len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
	sample := string(st.catalog.Sample())
	if want := "\n# requests per second, by city\n# (a table)\nrates: {}\n"; !strings.Contains(sample, want) {
		t.Errorf("got %s, want %q in it", sample, want)
	}
	if _, p := document.Parse(t.Context(), "sample.yaml", "yaml", []byte(sample)); p != nil {
		t.Errorf("the sample cannot be read: %v", p)
	}
	if schema := string(st.catalog.Schema()); !strings.Contains(schema, `"requests per second, by city"`) {
		t.Errorf("got %s, want the line about the section in it", schema)
	}
}

// An empty table or list is equal to none.
func TestNothingWrittenInAnotherWayIsNoChange(t *testing.T) {
	r := newRig(t, "db: {path: x}")
	if got := r.edit(t, "http: {ports: [], peers: }\ndb: {path: x}"); got.Result != Unchanged {
		t.Errorf("got %s, want unchanged", got.Text())
	}
}
