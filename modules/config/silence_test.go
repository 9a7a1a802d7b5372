package config

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// A part of a file that would have no effect is an error that says so, and a text
// that may be a secret is not repeated.
func TestNothingIsIgnoredInSilence(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"secret.yaml", "t: {token: !secret db_password}", ":1:12: t.token: the tag !secret means nothing here"},
		{"env.yaml", "t: {s: !env HOME}", ":1:8: t.s: the tag !env means nothing here"},
		{"vault.yaml", "t:\n  token: !vault |\n    hidden\n", ":2:10: t.token: the tag !vault means nothing here"},
		{"alias.yaml", "t: {token: *hidden9}", ":1:12: refers to an anchor that does not exist (a text that begins with * or & has to be in quotes)"},
		{"anchor.yaml", "t: {token: &hidden rest}", ":1:5: t.token: begins with &, which makes an anchor of its first word (put it in quotes)"},
		{"anchor alone.yaml", "t: {token: &hidden }", "t.token: begins with &"},
		{"placeholder.yaml", "t: {s: '${HOME}'}", ":1:5: t.s: is a placeholder, and nothing here replaces it"},
		{"placeholder.json", `{"t": {"token": "${TOKEN:-x}"}}`, "t.token: is a placeholder"},
		{"defaults.yaml", ".defaults: &d {s: x}\nt: {<<: *d}", `:1:1: .defaults: unknown section (your own keys begin with x-: "x-defaults")`},
		{"settings.ini", "[t]\ns=x\n", `settings.ini: format "ini" is not one of .yaml, .yml, .toml, .json`},
		{"settings", "t: {s: x}\n", "settings: has no extension, which would name its format (name it with APP_CONFIG_FORMAT: yaml, toml or json)"},
		{"tag of a key.yaml", "t: {m: {!env HOME: x}}", ":1:9: t.m: the tag !env means nothing here"},
		{"loop.yaml", "t: {any: &a {b: *a}}", "t.any.b: the anchor contains itself"},
		{"list for a key.yaml", "t: {m: {[a, b]: c}}", ":1:9: t.m: a key is text, not a list or a table"},
	} {
		_, err := loadTexts(t, tt.name, tt.text)
		switch {
		case err == nil || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		case strings.Contains(err.Error(), "hidden"):
			t.Errorf("%s: got %v, with what may be a secret", tt.name, err)
		}
	}
}

func TestOperatorsKeysAreAllowedInEveryFormat(t *testing.T) {
	for name, text := range map[string]string{
		"a.json": `{"$schema": "./todo.schema.json", "x-note": [1], "t": {"s": "x"}}`,
		"a.yaml": "$schema: ./todo.schema.json\nx-note: {a: 1}\nt: {s: x}\n",
		"a.toml": "'$schema' = './todo.schema.json'\nx-note = 1\n[t]\ns = 'x'\n",
	} {
		if got, err := loadTexts(t, name, text); err != nil || got.S != "x" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownFormatIsRefusedThoughTheFileNameHasOne(t *testing.T) {
	src := Source{Files: []string{file(t, "c.yaml", "t: {s: x}")}, Environ: []string{"APP_CONFIG_FORMAT=xml"}}
	set := NewSet()
	Add[texts](set, "t")
	if _, err := Load(set, src); err == nil || !strings.Contains(err.Error(), `format "xml" is not one of yaml, toml, json`) {
		t.Errorf("got %v", err)
	}
}

func TestFormatOfAFileWithoutExtension(t *testing.T) {
	path := file(t, "settings", "[t]\ns = 'x'\n")
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.String("config-format", "", "")
	if err := flags.Parse([]string{"--config-format=toml"}); err != nil {
		t.Fatal(err)
	}
	for _, src := range []Source{
		{Environ: []string{"APP_CONFIG_FORMAT=toml"}},
		{Format: "toml", Environ: none},
		{Flags: flags, Environ: none},
	} {
		src.Files = []string{path}
		set := NewSet()
		v := Add[texts](set, "t")
		if _, err := Load(set, src); err != nil || v.Get().S != "x" {
			t.Errorf("%+v: %v", src, err)
		}
	}
}

// A flag that no file needs would be ignored.
func TestFlagOfAFormatThatNoFileNeedsIsRefused(t *testing.T) {
	named, plain := file(t, "c.yaml", "t: {s: x}"), file(t, "plain", "t: {s: x}")
	for _, tt := range []struct {
		format, want string
		files        []string
	}{
		{"json", named + ": its name says yaml, and --config-format json (leave the flag out, or rename the file)", []string{named}},
		{"toml", "its name says yaml", []string{named, named}},
		{"yaml", "", []string{named}},
		{"yml", "", []string{named}},
		{"yaml", "", []string{plain, named}},
		{"yaml", "", nil},
		{"", plain + ": has no extension, which would name its format (name it with --config-format or APP_CONFIG_FORMAT: yaml, toml or json)", []string{plain}},
	} {
		flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
		flags.String("config-format", "", "")
		if err := flags.Set("config-format", tt.format); tt.format != "" && err != nil {
			t.Fatal(err)
		}
		set := NewSet()
		Add[texts](set, "t")
		_, err := Load(set, Source{Files: tt.files, Flags: flags, Environ: none})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s %v: got %v, want %q", tt.format, tt.files, err, tt.want)
		}
	}
}

// A drop-in whose settings are all commented out does not reset those of the main
// file; null for an entry of a map removes it.
func TestDropInWithAnEmptySectionChangesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "c.yaml"), "http: {port: 1, headers: {a: b, c: d}, tls: {min_version: x}}\n")
	write(t, filepath.Join(dir, "c.d", "1.yaml"), "http:\n")
	write(t, filepath.Join(dir, "c.d", "2.yaml"), "http:\n  tls:\n  headers:\n")
	write(t, filepath.Join(dir, "c.d", "3.yaml"), "http: {headers: {a: null}}\n")
	w, _, err := loadWeb(Source{Files: []string{filepath.Join(dir, "c.yaml")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Headers["a"]; ok || w.Port != 1 || w.Headers["c"] != "d" || w.TLS.MinVersion != "x" {
		t.Errorf("got %+v", w)
	}
}

// The values of a flag count, not the text that it prints for people.
func TestMapFlagsKeepTheirValues(t *testing.T) {
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.StringToString("t.m", nil, "")
	if err := flags.Parse([]string{"--t.m=listen=[::1]", `--t.m="a=x,y"`}); err != nil {
		t.Fatal(err)
	}
	set := NewSet()
	v := Add[texts](set, "t")
	if _, err := Load(set, Source{Flags: flags, Environ: none}); err != nil {
		t.Fatal(err)
	}
	if m := v.Get().M; m["listen"] != "[::1]" || m["a"] != "x,y" {
		t.Errorf("got %q", m)
	}
}

// []byte is written in base64, whatever notation its flag has.
func TestFlagsOfBytesKeepTheirValues(t *testing.T) {
	type keys struct{ Hex, Base64 []byte }
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.BytesHex("t.hex", nil, "")
	flags.BytesBase64("t.base64", nil, "")
	if err := flags.Parse([]string{"--t.hex=6869", "--t.base64=aGk="}); err != nil {
		t.Fatal(err)
	}
	set := NewSet()
	v := Add[keys](set, "t")
	if _, err := Load(set, Source{Flags: flags, Environ: none}); err != nil {
		t.Fatal(err)
	}
	if k := v.Get(); string(k.Hex) != "hi" || string(k.Base64) != "hi" {
		t.Errorf("got %q", *k)
	}
}

// A page is compiled when it is read, and two of the same text cannot be compared.
type page struct{ *template.Template }

func (p *page) UnmarshalText(text []byte) (err error) {
	p.Template, err = template.New("").Funcs(template.FuncMap{"f": func() string { return "" }}).Parse(string(text))
	return err
}

// A cached expression compares by its method.
type cached struct {
	text  string
	match func(string) bool
}

func (c *cached) UnmarshalText(text []byte) error {
	re, err := regexp.Compile(string(text))
	if err == nil {
		c.text, c.match = string(text), re.MatchString
	}
	return err
}
func (c *cached) Equal(o *cached) bool { return c.text == o.text }

// A value without a text is shown by its type: its content may be a secret key.
func TestWhatHasNoTextIsShownByItsType(t *testing.T) {
	type settings struct {
		Page, Never page
	}
	set := NewSet()
	Add[settings](set, "s")
	st, err := Load(set, Source{Files: []string{file(t, "c.yaml", "s: {page: '{{f}}'}")}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`"(a config.page)"`, `""`}
	for i, s := range st.Effective() {
		if s.Value != want[i] {
			t.Errorf("%s: got %s, want %s", s.Key, s.Value, want[i])
		}
	}
}

func TestWhatHasFunctionsChangesOnlyWithItsText(t *testing.T) {
	type settings struct {
		Page  page `reload:"restart"`
		Pages map[string]page
		Match cached
		Sum   func() int `config:"-"`
		N     int
	}
	set, path := NewSet(), file(t, "c.yaml", "s: {page: '{{f}}', pages: {a: x}, match: a+, n: 1}")
	Add[settings](set, "s", Check(func(s *settings) error { s.Sum = func() int { return s.N }; return nil }))
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	for _, tt := range []struct {
		text    string
		changed []string
		pending int
	}{
		{"s: {match: a+,  page: '{{f}}', pages: {a: x}, n: 2}", []string{"s.n"}, 0},
		{"s: {page: '{{f}}', pages: {a: y}, match: b+, n: 2}", []string{"s.pages", "s.match"}, 0},
		{"s: {page: '{{f}}.', pages: {a: y}, match: b+, n: 2}", nil, 1},
	} {
		write(t, path, tt.text)
		r := st.Reload(t.Context(), "test")
		var keys []string
		for _, c := range r.Changed {
			if keys = append(keys, c.Key); c.Old == c.New {
				t.Errorf("%s: got %s, want to see that it differs", c.Key, c)
			}
		}
		for _, c := range r.PendingRestart {
			if c.String() != `s.page: "(a config.page)" → "(a config.page)" (changed)` {
				t.Errorf("got %s", c)
			}
		}
		if strings.Join(keys, " ") != strings.Join(tt.changed, " ") || len(r.PendingRestart) != tt.pending || r.Err() != nil {
			t.Errorf("%s: got %s, %v and %d pending", tt.text, r.Text(), keys, len(r.PendingRestart))
		}
	}
}
