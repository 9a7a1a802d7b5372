package config

import (
	"errors"
	"fmt"
	"testing"
)

// A rule that names an element of a list is reported at the element, or where it
// would be.
func TestRuleAboutAnElementIsReportedAtItsPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, content, key, want string }{
		{"c.yaml", "http:\n  peers:\n    - name: a\n      port: 1\n    - {name: b, port: 7}\n", "peers[1].port", "5:17"},
		{"c.json", "{\"http\": {\"peers\": [\n  {\"name\": \"a\", \"port\": 1},\n  {\"name\": \"b\", \"port\": 7}\n]}}\n", "peers[1].port", "3:17"},
		{"c.toml", "[[http.peers]]\nport = 1\n\n[[http.peers]]\nport = 7\n", "peers[1].port", "5:1"},
		{"not written", "http:\n  peers:\n    - port: 1\n    - name: b\n", "peers[1].port", "4:7"},
		{"of texts", "http:\n  hosts:\n    - a\n    - b\n", "hosts[1]", "4:7"},
		{"beyond the end", "http:\n  hosts:\n    - a\n", "hosts[9]", "2:3"},
		{"no such setting", "http:\n  hosts: [a]\n", "peers[x].port", "1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := tt.name
			if name[1] != '.' {
				name = "c.yaml"
			}
			path := file(t, name, tt.content)
			set := NewSet()
			Add[web](set, "http", Default(webDefaults), Check(func(*web) error { return Invalid(tt.key, "is wrong") }))
			_, err := Load(set, Source{Files: []string{path}, Environ: none})
			var invalid *InvalidError
			if !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
				t.Fatalf("got %v, want one problem", err)
			}
			if p := invalid.Problems[0]; fmt.Sprintf("%d:%d", p.Line, p.Col) != tt.want || p.Key != "http."+tt.key {
				t.Errorf("got %v, want it at %s", p, tt.want)
			}
		})
	}
}
