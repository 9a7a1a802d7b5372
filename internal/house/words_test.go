package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/config"
)

// spoken are the packages whose names the pages use, and where they are.
var spoken = map[string]string{
	"graceful": ".", "app": "app", "apptest": "apptest", "cli": "cli", "admin": "modules/admin", "config": "modules/config",
	"httpserver": "modules/httpserver", "logging": "modules/logging", "signals": "modules/signals", "systemd": "modules/systemd", "upgrade": "modules/upgrade",
}

var (
	inCode    = regexp.MustCompile("(?s)```.*?```|`[^`]+`")
	qualified = regexp.MustCompile(`\b([a-z]+|App)\.([A-Z]\w*)`)
	command   = regexp.MustCompile("^`todo ([a-z-]+)")
	fallback  = regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| `([^`]+)` \\|")
	setting   = regexp.MustCompile("^`((?:log|http|start|stop|upgrade|admin)(?:\\.[a-z_]+)+)(?:: [^`]*|=[^`]*)?`$")
)

// others are names of other packages, which docs/migrating shows as they were.
var others = map[string]bool{"graceful.WithDefaults": true, "graceful.Graceful": true}

// What a page names in the language of the code exists: exported names, keys of the
// configuration with their defaults, and commands.
func TestWhatThePagesNameExists(t *testing.T) {
	names := exported(t)
	keys, values := settings(t)
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ways, err := filepath.Glob("docs/migrating/*.md")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, page := range slices.Concat(pages, ways, []string{"README.md", "CHANGELOG.md"}) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fallback.FindAllStringSubmatch(string(text), -1) {
			if value, ok := values[m[1]]; ok {
				checked++
				have, err1 := time.ParseDuration(value)
				want, err2 := time.ParseDuration(m[2]) // 1m is 1m0s
				if strings.Trim(value, `"`) != m[2] && (err1 != nil || err2 != nil || have != want) {
					t.Errorf("%s: the default of %s is %s, not %s", page, m[1], value, m[2])
				}
			}
		}
		for _, code := range inCode.FindAllString(string(text), -1) {
			for _, m := range qualified.FindAllStringSubmatch(code, -1) {
				if (spoken[m[1]] != "" || m[1] == "App") && !others[m[0]] {
					checked++
					if !names[m[0]] {
						t.Errorf("%s: there is no %s", page, m[0])
					}
				}
			}
			if m := command.FindStringSubmatch(code); m != nil {
				checked++
				if m[1] != "fleet" && !slices.ContainsFunc(cli.Commands(), func(c cli.Command) bool { return c.Name == m[1] }) { // contrib/etcd has it
					t.Errorf("%s: there is no command %s", page, m[1])
				}
			}
			if m := setting.FindStringSubmatch(code); m != nil {
				checked++
				if !keys[m[1]] {
					t.Errorf("%s: there is no setting %s", page, m[1])
				}
			}
		}
	}
	if checked < 100 {
		t.Errorf("%d names were checked, want those of README.md and docs at least", checked)
	}
}

// exported returns the names that the packages spoken of export, as a page
// writes them: with their package, methods of App with App.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for short, dir := range spoken {
		p, _, err := documentation(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.Funcs {
			names[short+"."+f.Name] = true
		}
		for _, v := range slices.Concat(p.Consts, p.Vars) {
			for _, n := range v.Names {
				names[short+"."+n] = true
			}
		}
		for _, typ := range p.Types {
			names[short+"."+typ.Name] = true
			for _, f := range typ.Funcs {
				names[short+"."+f.Name] = true
			}
			for _, f := range typ.Methods {
				if typ.Name == "App" {
					names["App."+f.Name] = true
				}
			}
			for _, v := range slices.Concat(typ.Consts, typ.Vars) {
				for _, n := range v.Names {
					names[short+"."+n] = true
				}
			}
		}
	}
	return names
}

// settings returns the keys of the configuration and of its sections, and the
// default of each setting.
func settings(t *testing.T) (keys map[string]bool, values map[string]string) {
	t.Helper()
	var store *config.Store
	if err := fx.New(fx.NopLogger, graceful.Module, fx.Populate(&store)).Err(); err != nil {
		t.Fatal(err)
	}
	keys, values = map[string]bool{}, map[string]string{}
	for _, s := range store.Effective() {
		values[s.Key] = s.Value
		for key := s.Key; key != ""; key = key[:max(0, strings.LastIndexByte(key, '.'))] { // and its sections
			keys[key] = true
		}
	}
	return keys, values
}
