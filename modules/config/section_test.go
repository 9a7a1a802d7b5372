package config

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

func TestMistakesOfTheProgrammerAreStartErrors(t *testing.T) {
	type ptr struct{ P *func() }
	type squash struct {
		Inner database `config:",squash"`
	}
	type validated struct {
		Max int `validate:"max=5"`
	}
	type lists struct{ L []validated }
	type bound struct {
		Max int `binding:"required"`
	}
	type cleaned struct {
		Max int `env-default:"3"`
	}
	type defaulted struct {
		Max int `default:"3"`
	}
	type renamed struct {
		Max int `config:"max" mapstructure:"maximum"`
	}
	type fn struct{ F func() }
	type twice struct {
		A int `config:"x"`
		B int `config:"x"`
	}
	type class struct {
		A int `reload:"sometimes"`
	}
	type dotted struct {
		A int `config:"a.b"`
	}
	type one struct {
		ReadTimeout int
		Read        struct{ Timeout int }
	}
	type file struct {
		File string
	}
	type holds struct{ Admin string }
	type token struct {
		Token     Secret
		TokenFile string
	}
	tests := []struct {
		name string
		add  func(*Set)
		want string
	}{
		{"pointer to function", func(s *Set) { Add[ptr](s, "a") }, "cannot be read from a configuration"},
		{"option of the tag", func(s *Set) { Add[squash](s, "a") }, `the tag config has no option "squash"`},
		{"tag of a validator", func(s *Set) { Add[validated](s, "a") }, `field Max: nothing reads the tag validate:"max=5"; use Check`},
		{"tag of a validator in a list", func(s *Set) { Add[lists](s, "a") }, `field Max: nothing reads the tag validate:"max=5"`},
		{"tag of gin", func(s *Set) { Add[bound](s, "a") }, `nothing reads the tag binding:"required"; use Check`},
		{"tag of cleanenv", func(s *Set) { Add[cleaned](s, "a") }, `nothing reads the tag env-default:"3"; use the option Default`},
		{"tag of a default", func(s *Set) { Add[defaulted](s, "a") }, `nothing reads the tag default:"3"; use the option Default`},
		{"another name for mapstructure", func(s *Set) { Add[renamed](s, "a") }, `nothing reads the tag mapstructure:"maximum"`},
		{"function", func(s *Set) { Add[fn](s, "a") }, "cannot be read from a configuration"},
		{"two fields, one key", func(s *Set) { Add[twice](s, "a") }, `the key "x" is taken`},
		{"reload class", func(s *Set) { Add[class](s, "a") }, `neither "live" nor "restart"`},
		{"dot in key", func(s *Set) { Add[dotted](s, "a") }, "a key has no dots"},
		{"pointer", func(s *Set) { Add[*database](s, "a") }, "a section is a struct, a map, a list or a scalar, not a *config.database"},
		{"function as a section", func(s *Set) { Add[func()](s, "a") }, "func() cannot be read from a configuration"},
		{"list at the top", func(s *Set) { Add[[]string](s, "") }, "the section at the top of the file is a struct"},
		{"map with keys that have no text", func(s *Set) { Add[map[bool]string](s, "a") }, "its keys are neither text nor whole numbers"},
		{"section below a map", func(s *Set) { Add[rates](s, "a"); Add[database](s, "a.b") }, `section "a" is one setting as a whole, so "a.b" cannot be a section below it`},
		{"name", func(s *Set) { Add[database](s, "A b") }, "a section is named in letters"},
		{"declared twice", func(s *Set) { Add[database](s, "a"); Add[database](s, "a") }, `section "a" is declared twice`},
		{"default of another type", func(s *Set) { Add[database](s, "a", Default(webDefaults)) }, "Default makes a config.web"},
		{"check of another type", func(s *Set) { Add[database](s, "a", Check(func(*web) error { return nil })) }, "Check looks at a config.web"},
		{"environment collision", func(s *Set) { Add[one](s, "a") }, "would both be set by APP_A_READ_TIMEOUT"},
		{"collision with a secret's file", func(s *Set) { Add[token](s, "a") }, "would both be set by APP_A_TOKEN_FILE"},
		{"collision with the configuration file", func(s *Set) { Add[file](s, "config") }, "would both be set by APP_CONFIG_FILE"},
		{"section over setting", func(s *Set) { Add[holds](s, "a"); Add[database](s, "a.admin") }, `the setting "admin" of section "a" is also the name of a section`},
	}
	for _, tt := range tests {
		set := NewSet()
		tt.add(set)
		if _, err := Load(set, Source{Environ: none}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestSectionDeclaredTwiceIsReportedOnce(t *testing.T) {
	set := NewSet()
	Add[database](set, "a")
	Add[database](set, "a")
	if _, err := Load(set, Source{Environ: none}); err == nil || strings.Contains(err.Error(), "would both be set") {
		t.Errorf("got %v, want it without collisions", err)
	}
}

func TestSectionInsideSection(t *testing.T) {
	set := NewSet()
	outer := Add[database](set, "http")
	inner := Add[database](set, "http.admin")
	if _, err := Load(set, Source{Files: []string{file(t, "c.yaml", "http: {path: a, admin: {path: b}}")}, Environ: none}); err != nil {
		t.Fatal(err)
	}
	if got, want := outer.Get().Path+inner.Get().Path, "ab"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	Add[database](set, "http.a.b")
	_, err := Load(set, Source{Files: []string{file(t, "c.yaml", "http: {admin: {pat: b}, admn: {}, a: {b: {path: x}, c: 1}}")}, Environ: none})
	for _, want := range []string{`http.admin.pat: unknown key (did you mean "path"?)`, "http.admn: unknown key", "http.a.c: unknown key"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestKeysFollowTheNamesOfFields(t *testing.T) {
	for name, want := range map[string]string{"Addr": "addr", "ReadTimeout": "read_timeout", "TLSCertFile": "tls_cert_file", "HTTP2": "http2", "ID": "id", "MaxX": "max_x"} {
		if got := bind.Snake(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestRestartIsInheritedAndCountsForAWholeList(t *testing.T) {
	type inner struct {
		A int
		B int `reload:"live"`
	}
	type outer struct {
		In   inner `reload:"restart"`
		C    int
		List []struct {
			D int `reload:"restart"`
		}
		Map map[string]inner
	}
	got := map[string]bool{}
	for _, l := range newSection[outer]("o", nil).leaves {
		got[l.key] = l.Restart
	}
	want := map[string]bool{"o.in.a": true, "o.in.b": false, "o.c": false, "o.list": true, "o.map": false}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTypeThatContainsItself(t *testing.T) {
	type tree struct {
		Name string
		Kids []tree
	}
	set := NewSet()
	v := Add[tree](set, "a")
	if _, err := Load(set, Source{Environ: none, Files: []string{file(t, "c.yaml", "a: {name: r, kids: [{name: k, kids: [{name: kk}]}]}")}}); err != nil {
		t.Fatal(err)
	}
	if got, want := v.Get().Kids[0].Kids[0].Name, "kk"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPanicOfTheUsersCodeIsAProblem(t *testing.T) {
	for name, o := range map[string]SectionOption{
		"default": Default(func() database { panic("boom") }),
		"check":   Check(func(*database) error { panic("boom") }),
	} {
		set := NewSet()
		Add[database](set, "db", o)
		if _, err := Load(set, Source{Environ: none}); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("%s: got %v, want the panic in an error", name, err)
		}
	}
}

func TestSecretDoesNotShowItself(t *testing.T) {
	holder := struct {
		Public  Secret
		private Secret
	}{NewSecret("hunter2"), NewSecret("hunter2")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, holder); strings.Contains(got, "hunter2") || strings.Contains(got, "68756e") {
			t.Errorf("%s: got %s", verb, got)
		}
	}
	if got, _ := holder.Public.MarshalText(); string(got) != "***" {
		t.Errorf("got %s, want ***", got)
	}
	if !holder.private.Equal("hunter2") || holder.private.Equal("hunter") || (Secret{}).String() != "" {
		t.Error("Equal or String of an empty secret is wrong")
	}
	w, _, err := loadWeb(Source{Files: []string{file(t, "c.yaml", "http: {token: [hunter2]}")}})
	if w != nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the secret", err)
	}
	type keys struct {
		List []Secret
		Map  map[string]struct{ Key Secret }
	}
	for _, env := range []string{"APP_K_LIST=[hunter2", "APP_K_MAP=hunter2", `APP_K_MAP={"a": "hunter2"}`} {
		set := NewSet()
		Add[keys](set, "k")
		if _, err := Load(set, Source{Environ: []string{env}}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an error without the secret", env, err)
		}
	}
	if _, _, err = loadWeb(Source{Files: []string{file(t, "c.yaml", "http: {token: 12345}")}}); err == nil || strings.Contains(err.Error(), "12345") {
		t.Errorf("got %v, want an error without the secret", err)
	}
}

func TestRuleThatNamesItsSettingInWords(t *testing.T) {
	set := NewSet()
	Add[database](set, "db", Check(func(*database) error { return errors.New("db.max_open is 0: use 1 or more") }))
	_, err := Load(set, Source{Environ: none, Files: []string{file(t, "c.yaml", "db:\n  path: x\n  max_open: 0\n")}})
	if err == nil || !strings.Contains(err.Error(), "c.yaml:3:3: db.max_open: is 0: use 1 or more") {
		t.Errorf("got %v", err)
	}
}

func TestNamesOfSections(t *testing.T) {
	for name, want := range map[string]bool{
		"": true, "a": true, "Http": true, "a1_-": true, "http.tls.x-1": true, "z.Z": true,
		".": false, ".a": false, "a.": false, "a..b": false, "1a": false, "a.1": false, "_a": false, "-": false,
		"a b": false, "a\n": false, "ä": false, "aä": false, "a[0]": false, "a/b": false, " a": false,
	} {
		_, err := NewCatalog(func() *Set { set := NewSet(); Add[database](set, name); return set }(), Source{Environ: none})
		if got := err == nil; got != want {
			t.Errorf("%q: got %v, want it allowed: %v", name, err, want)
		}
	}
}
