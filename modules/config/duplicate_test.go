package config

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A duplicate key must not hide the other problems of its section, or of the whole
// file, until it is repaired.
func TestDuplicateKeyHidesNothing(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"setting.yaml", "http:\n  port: 80\n  gen: 1.5\n  port: 81\n  adr: x\ndb: {max_open: 5000}\n", []string{
			`:3:3: http.gen: 1.5 is not a whole number`,
			`:4:3: http.port: is written twice (it is at line 2, too)`,
			`:5:3: http.adr: unknown key (did you mean "addr"?)`,
			`:6:6: db.max_open: 5000 is more than 1000`,
		}},
		{"section.yaml", "http:\n  gen: 1.5\ndb:\n  max_open: 5000\nhttp:\n  gen: 2\n  prot: 1\n  port: x\n", []string{
			`:2:3: http.gen: 1.5 is not a whole number`,
			`:4:3: db.max_open: 5000 is more than 1000`,
			`:5:1: http: is written twice (it is at line 1, too)`,
			`:7:3: http.prot: unknown key (did you mean "port"?)`,
			`:8:3: http.port: "x" is not a whole number`,
		}},
		{"both.yaml", "db:\n  path: x\n  path: y\ndb:\n  max_open: 5000\n  pth: z\n", []string{
			`:3:3: db.path: is written twice (it is at line 2, too)`,
			`:4:1: db: is written twice (it is at line 1, too)`,
			`:5:3: db.max_open: 5000 is more than 1000`,
			`:6:3: db.pth: unknown key (did you mean "path"?)`,
		}},
		{"element.yaml", "http:\n  peers:\n    - name: a\n    - port: 1\n      port: 2\n      nam: b\n", []string{
			`:5:7: http.peers[1].port: is written twice (it is at line 4, too)`,
			`:6:7: http.peers[1].nam: unknown key (did you mean "name"?)`,
		}},
		{"line.yaml", "http:\nhttp:\n  prot: 1\n", []string{
			`:2:1: http: is written twice (it is at line 1, too)`,
			`:3:3: http.prot: unknown key (did you mean "port"?)`,
		}},
		{"kinds.yaml", "db: off\ndb:\n  max_open: 5000\nhttp: {adr: x}\n", []string{
			`:1:1: db: expected settings below it (path, max_open), found "off"`,
			`:2:1: db: is written twice (it is at line 1, too)`,
			`:4:8: http.adr: unknown key (did you mean "addr"?)`,
		}},
		{"setting.json", "{\n\"http\": {\"port\": 80,\n \"gen\": 1.5,\n \"port\": 81,\n \"adr\": 1}\n}", []string{
			`:3:2: http.gen: 1.5 is not a whole number`,
			`:4:2: http.port: is written twice (it is at line 2, too)`,
			`:5:2: http.adr: unknown key (did you mean "addr"?)`,
		}},
		{"section.json", "{\"http\": {\n\"gen\": 1.5},\n\"http\": {\n\"prot\": 1}}", []string{
			`:2:1: http.gen: 1.5 is not a whole number`,
			`:3:1: http: is written twice (it is at line 1, too)`,
			`:4:1: http.prot: unknown key (did you mean "port"?)`,
		}},
		{"setting.toml", "[http]\nport = 80\ngen = 1.5\nport = 81\nadr = 'x'\n[db]\nmax_open = 5000\n", []string{
			`:3:1: http.gen: 1.5 is not a whole number`,
			`:4:1: http.port: is written twice (it is at line 2, too)`,
			`:5:1: http.adr: unknown key (did you mean "addr"?)`,
			`:7:1: db.max_open: 5000 is more than 1000`,
		}},
		{"section.toml", "[http]\ngen = 1.5\n[db]\nmax_open = 5000\n[http] # again\nprot = 1\n[http.tls]\nmin = 2\n", []string{
			`:2:1: http.gen: 1.5 is not a whole number`,
			`:4:1: db.max_open: 5000 is more than 1000`,
			`:5:2: http: is written twice (it is at line 1, too)`,
			`:6:1: http.prot: unknown key (did you mean "port"?)`,
			`:8:1: http.tls.min: unknown key (known here: min_version, cert_file)`,
		}},
		{"element.toml", "[[http.peers]]\nname = 'a'\n[[http.peers]]\nport = 1\nport = [\n  2,\n]\nnam = 'b'\n", []string{
			`:5:1: http.peers[1].port: is written twice (it is at line 4, too)`,
			`:8:1: http.peers[1].nam: unknown key (did you mean "name"?)`,
		}},
		{"inline.toml", "[http]\nheaders = {a = '1', a = '2'}\nadr = 'x'\n", []string{
			`:2:21: http.headers.a: is written twice (it is at line 2, too)`,
			`:3:1: http.adr: unknown key (did you mean "addr"?)`,
		}},
		{"syntax.toml", "[http]\nport = 1\nport = 2\n[db]\npath = \n", []string{
			`:3:1: http.port: is written twice (it is at line 2, too)`,
			`:5:8: unexpected character U+000A at start of value`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.name)
			_, _, err := loadWeb(Source{Files: []string{write(t, path, tt.text)}})
			var invalid *InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v, want an InvalidError", err)
			}
			var got []string
			for _, p := range invalid.Problems {
				got = append(got, strings.TrimPrefix(p.String(), path))
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// What a rule says of a duplicate setting, or of one in a duplicate section, is
// reported; what it says of others only because of that is not.
func TestRulesSeeDuplicateKeys(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"shop: {currency: EUR, max_items: 0, max_items: 1}", []string{
			`:1:23: shop.max_items: 0 is not positive`,
			`:1:37: shop.max_items: is written twice (it is at line 1, too)`,
		}},
		{"shop: {currency: EUR, min_items: 50, max_items: 20, max_items: 70}", []string{
			`:1:53: shop.max_items: is written twice (it is at line 1, too)`,
		}},
		{"shop: {currency: EUR, max_items: 0}\nshop: {opens: 21h}", []string{
			`:1:23: shop.max_items: 0 is not positive`,
			`:2:1: shop: is written twice (it is at line 1, too)`,
		}},
	} {
		set, path := NewSet(), file(t, "a.yaml", tt.text)
		Add[shop](set, "shop", Default(shopDefaults))
		_, err := Load(set, Source{Files: []string{path}, Environ: none})
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			t.Fatalf("got %v, want an InvalidError", err)
		}
		var got []string
		for _, p := range invalid.Problems {
			got = append(got, strings.TrimPrefix(p.String(), path))
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}
