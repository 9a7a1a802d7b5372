package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// wild has a setting of each kind that is easily read as something else.
type wild struct {
	S, Other string
	N        int
	F        float64
	Any      any
	Word     label
	Token    Secret
	Tokens   map[string]Secret
	M        map[string]string
	Ports    map[int]string
	ByAddr   map[netip.Addr]string
	URL      url.URL
	Link     *url.URL
	Net      net.IPNet
	MAC      net.HardwareAddr
	Key      []byte
	Size     ByteSize
	Wait     time.Duration
	At       time.Time
	Limits   struct{ Max, Min int }
	Block    *wildBlock
	Blocks   []*wildBlock
	Named    map[string]*wildBlock
	*WildEmbedded
}

// A label keeps its text as it gets it, and writes it again.
type label string

func (l *label) UnmarshalText(text []byte) error { *l = label(text); return nil }
func (l label) MarshalText() ([]byte, error)     { return []byte(l), nil }

type wildBlock struct {
	Name string
	Port int
}

func (b *wildBlock) SetDefaults() { b.Port = 80 }

// WildEmbedded gives its key to the struct around it.
type WildEmbedded struct{ Below string }

// readAs is what came of a file: the settings that it sets, as config show writes
// them, or what is wrong, without the places.
func readAs(t *testing.T, name, text string, env ...string) string {
	t.Helper()
	path := file(t, name, text)
	set := NewSet()
	Add[wild](set, "t")
	st, err := Load(set, Source{Files: []string{path}, Environ: append(env, "PATH=/bin")})
	var out []string
	var invalid *InvalidError
	switch {
	case errors.As(err, &invalid):
		for _, p := range invalid.Problems {
			if p.Line == 0 || p.Col == 0 {
				t.Errorf("%s: %s: no place", name, p)
			}
			p.File, p.Line, p.Col = "", 0, 0
			out = append(out, p.String())
		}
	case err != nil:
		out = append(out, err.Error())
	default:
		for _, s := range st.Effective() {
			if strings.HasPrefix(s.Source, path) {
				out = append(out, strings.TrimPrefix(s.Key, "t.")+"="+s.Value)
			}
		}
		st.catalog.limits = disk.AtStart
		if r := st.Reload(t.Context(), "test"); r.Result != Unchanged || r.Reason != "" {
			t.Errorf("%s: reading it again is %s", name, r.Text())
		}
	}
	return strings.Join(out, " ")
}

// What a format has no word for is empty.
func TestEveryFormatIsReadAsItIsWritten(t *testing.T) {
	for _, tt := range []struct{ what, want, yaml, toml, json string }{
		{"keys that look like numbers", `m={"0042": "e", "007": "a", "0x10": "b", "1.10": "c", "16": "g", "1_000": "f", "1e3": "d"}`,
			"t: {m: {007: a, 0x10: b, 1.10: c, 1e3: d, 0042: e, 1_000: f, 16: g}}",
			"[t.m]\n007 = 'a'\n0x10 = 'b'\n'1.10' = 'c'\n1e3 = 'd'\n0042 = 'e'\n1_000 = 'f'\n16 = 'g'",
			`{"t": {"m": {"007": "a", "0x10": "b", "1.10": "c", "1e3": "d", "0042": "e", "1_000": "f", "16": "g"}}}`},
		{"keys that look like words of the format", `m={".inf": "d", "<<": "h", "False": "c", "no": "f", "null": "a", "on": "e", "true": "b", "~": "g"}`,
			"t: {m: {null: a, true: b, False: c, .inf: d, on: e, no: f, ~: g, '<<': h}}",
			"[t.m]\nnull = 'a'\ntrue = 'b'\nFalse = 'c'\n'.inf' = 'd'\non = 'e'\nno = 'f'\n'~' = 'g'\n'<<' = 'h'",
			`{"t": {"m": {"null": "a", "true": "b", "False": "c", ".inf": "d", "on": "e", "no": "f", "~": "g", "<<": "h"}}}`},
		{"keys that look like times", `m={"12:30": "c", "2024-01-01": "a", "2024-01-01T00:00:00Z": "b"}`,
			"t: {m: {2024-01-01: a, 2024-01-01T00:00:00Z: b, 12:30: c}}",
			"[t.m]\n2024-01-01 = 'a'\n'2024-01-01T00:00:00Z' = 'b'\n'12:30' = 'c'",
			`{"t": {"m": {"2024-01-01": "a", "2024-01-01T00:00:00Z": "b", "12:30": "c"}}}`},
		{"the same key twice", `t.m.7: is written twice (it is at line 2, too)`,
			"t:\n  m: {7: a, '7': b}", "[t.m]\n7 = 'a'\n'7' = 'b'", "{\"t\": {\n\"m\": {\"7\": \"a\", \"7\": \"b\"}}}"},
		{"the same key of a program twice", `t.by_addr.::0001: is the same key as "::1"`,
			"t: {by_addr: {'::1': a, '::0001': b}}", "[t.by_addr]\n'::1' = 'a'\n'::0001' = 'b'", `{"t": {"by_addr": {"::1": "a", "::0001": "b"}}}`},
		{"a key that is no number", `t.ports.0x50: the key is not a whole number: invalid syntax`,
			"t: {ports: {0x50: a}}", "[t.ports]\n0x50 = 'a'", `{"t": {"ports": {"0x50": "a"}}}`},
		{"keys of other types", `ports={"-1": "c", "80": "a"} by_addr={"10.0.0.1": "b"}`,
			"t: {ports: {80: a, -1: c}, by_addr: {10.0.0.1: b}}", "[t.ports]\n80 = 'a'\n-1 = 'c'\n[t.by_addr]\n'10.0.0.1' = 'b'",
			`{"t": {"ports": {"80": "a", "-1": "c"}, "by_addr": {"10.0.0.1": "b"}}}`},
		{"a date for a text", `s="1979-05-27"`, "t: {s: 1979-05-27}", "[t]\ns = 1979-05-27", `{"t": {"s": "1979-05-27"}}`},
		{"a time for a text", `s="1979-05-27T07:32:00Z"`, "t: {s: 1979-05-27T07:32:00Z}", "[t]\ns = 1979-05-27T07:32:00Z", `{"t": {"s": "1979-05-27T07:32:00Z"}}`},
		{"a local time", `at="1979-05-27T07:32:00Z"`, "t: {at: 1979-05-27 07:32:00}", "[t]\nat = 1979-05-27T07:32:00", `{"t": {"at": "1979-05-27T07:32:00"}}`},
		{"a number for a text", `t.s: expected text, found 1.10 (put it in quotes: "1.10")`, "t: {s: 1.10}", "[t]\ns = 1.10", `{"t": {"s": 1.10}}`},
		{"a number for what reads a text", `word="1.10"`, "t: {word: 1.10}", "[t]\nword = 1.10", `{"t": {"word": 1.10}}`},
		{"a number in hexadecimal for a text", `word="0x1F"`, "t: {word: 0x1F}", "[t]\nword = 0x1F", ""},
		{"a number for a secret", `t.token: expected text (put it in quotes)`, "t: {token: 0042}", "[t]\ntoken = 42", `{"t": {"token": 42}}`},
		{"a number as others write it", `n=420 f=0.001`, "t: {n: 0o644, f: 1e-3}", "[t]\nn = 0o644\nf = 1e-3", `{"t": {"n": 420, "f": 1e-3}}`},
		{"a number that is no whole one", `t.n: 1.5 is not a whole number`, "t: {n: 1.5}", "[t]\nn = 1.5", `{"t": {"n": 1.5}}`},
		{"a number with an exponent", `n=100`, "t: {n: 1e2}", "[t]\nn = 1e2", `{"t": {"n": 1e2}}`},
		{"a truth for a number", `t.n: true is not a whole number`, "t: {n: true}", "[t]\nn = true", `{"t": {"n": true}}`},
		{"a placeholder", "t.s: is a placeholder, and nothing here replaces it", "t: {s: '${HOME}'}", "[t]\ns = '${HOME}'", `{"t": {"s": "${HOME}"}}`},
		{"a placeholder for anything", "t.any.a[0]: is a placeholder, and nothing here replaces it",
			"t: {any: {a: ['${A}']}}", "[t.any]\na = ['${A}']", `{"t": {"any": {"a": ["${A}"]}}}`},
		{"keys for editors and notes", `s="x"`, "$schema: a\nx-note: [1]\nt: {s: x}", "'$schema' = 'a'\nx-note = [1]\n[t]\ns = 'x'", `{"$schema": "a", "x-note": [1], "t": {"s": "x"}}`},
		{"a key of one's own", `.defaults: unknown section (your own keys begin with x-: "x-defaults")`,
			".defaults: {s: x}\nt: {}", "['.defaults']\ns = 'x'\n[t]", `{".defaults": {"s": "x"}, "t": {}}`},
		{"texts that a type reads", `url="https://a.example/b?c=d" link="//a/b" net="10.0.0.0/8" mac="00:00:5e:00:53:01" key="AP8H" size="64MiB" wait=36h0m0s`,
			"t: {url: 'https://a.example/b?c=d', link: //a/b, net: 10.0.0.0/8, mac: 00-00-5e-00-53-01, key: AP8H, size: 64MiB, wait: 1d12h}",
			"[t]\nurl = 'https://a.example/b?c=d'\nlink = '//a/b'\nnet = '10.0.0.0/8'\nmac = '00-00-5e-00-53-01'\nkey = 'AP8H'\nsize = '64MiB'\nwait = '1d12h'",
			`{"t": {"url": "https://a.example/b?c=d", "link": "//a/b", "net": "10.0.0.0/8", "mac": "00-00-5e-00-53-01", "key": "AP8H", "size": "64MiB", "wait": "1d12h"}}`},
		{"a duration without a unit", `t.wait: duration 30 has no unit (write "30s", or "30ms")`, "t: {wait: 30}", "[t]\nwait = 30", `{"t": {"wait": 30}}`},
		{"blocks", `block={name: "a", port: 80} blocks=[{name: "b", port: 1}, {name: "c", port: 80}] named={"d": {name: "", port: 2}} below="e"`,
			"t: {block: {name: a}, blocks: [{name: b, port: 1}, {name: c}], named: {d: {port: 2}}, below: e}",
			"[t]\nbelow = 'e'\nblock = {name = 'a'}\n[[t.blocks]]\nname = 'b'\nport = 1\n[[t.blocks]]\nname = 'c'\n[t.named.d]\nport = 2",
			`{"t": {"block": {"name": "a"}, "blocks": [{"name": "b", "port": 1}, {"name": "c"}], "named": {"d": {"port": 2}}, "below": "e"}}`},
		{"an empty block", `block={name: "", port: 80}`, "t: {block: {}}", "[t.block]", `{"t": {"block": {}}}`},
		{"no block", ``, "t: {block: null, n: }", "[t]", `{"t": {"block": null, "n": null}}`},
		{"an unknown key in a block", `t.blocks[0].prt: unknown key (did you mean "port"?)`, "t: {blocks: [{prt: 1}]}", "[[t.blocks]]\nprt = 1", `{"t": {"blocks": [{"prt": 1}]}}`},
	} {
		for format, text := range map[string]string{"yaml": tt.yaml, "toml": tt.toml, "json": tt.json} {
			if text == "" {
				continue
			}
			if got := readAs(t, "c."+format, text); got != tt.want && !(strings.HasPrefix(tt.want, "t.") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("%s, %s: got %s, want %s", tt.what, format, got, tt.want)
			}
		}
	}
}

// What may be a secret is not repeated, whatever is wrong with it or around it.
func TestSecretThatIsWrittenWronglyIsNotRepeated(t *testing.T) {
	const secret = "SuperSecret9"
	for _, text := range []string{
		"*%s", "&%s", "&%s x", "!%s", "!%s x", "@%s", "`%s", "%%%s", "|%s", ">%s", "{%s", "[%s", "]%s", "}%s", `"%s`, `'%s`, "%s: x", "a%s\n  b: c", `"\%s"`,
		"[%s]", "{a: %s}", "{%s: a}", "!!int %s", "!!binary %s", "? %s", "- %s", ", %s", "!!float %s", "!<%s> x", "'${%s}'", "\"%s\" x", "\t%s: \"",
		"!!timestamp %s", "!!bool %s", "<<: %s", "{<<: %s}", "{<<: *%s}", "[*%s]", "&a [*a, %s",
	} {
		keys := []string{"token: ", "tokens: ", "tokens: {a: ", "tokens:\n    a: "}
		if raceDetector {
			keys = keys[:1]
		}
		for _, key := range keys {
			if key == "tokens: " && strings.HasPrefix(text, "{%s:") || strings.HasPrefix(text, "? ") {
				continue // it is a key
			}
			closed := strings.Repeat("}", strings.Count(key, "{"))
			refusesSecret(t, "c.yaml", "t:\n  "+key+fmt.Sprintf(text, secret)+closed+"\n", secret)
		}
	}
	for _, text := range []string{"%s", "*%s", `"%s`, `'%s`, `"""%s`, "'''%s", "[%s]", `["%s"]`, `{a = "%s"}`, `{%s = 1}`, `"\%s"`, `"%s" x`, `"%s", `, "1%s", "0x%s", "1979-%s", "true%s", `'${%s}'`, `"%s" "%[1]s"`} {
		for _, key := range []string{"token = ", "tokens = ", "tokens = {a = ", "tokens.a = "} {
			if key == "tokens = " && strings.HasPrefix(text, "{%s") {
				continue // it is a key
			}
			closed := strings.Repeat("}", strings.Count(key, "{"))
			refusesSecret(t, "c.toml", "[t]\n"+key+fmt.Sprintf(text, secret)+closed+"\n", secret)
		}
	}
	for _, text := range []string{"%s", "*%s", `"%s`, `'%s'`, "[%s]", `["%s"]`, `{"a": ["%s"]}`, `{"a": {"%s": 1}}`, `{%s}`, `"\%s"`, `"%s" x`, `"%s" "%[1]s"`, "1%s", "true%s", `"${%s}"`} {
		for _, key := range []string{`"token": `, `"tokens": `, `"tokens": {"a": `} {
			closed := strings.Repeat("}", strings.Count(key, "{"))
			refusesSecret(t, "c.json", `{"t": {`+key+fmt.Sprintf(text, secret)+closed+"}}\n", secret)
		}
	}
}

// refusesSecret checks that a file does not show a secret: not in what is wrong
// with it, and if nothing is, not in the settings.
func refusesSecret(t *testing.T, name, text, secret string) {
	t.Helper()
	set := NewSet()
	Add[struct {
		Token  Secret
		Tokens map[string]Secret
	}](set, "t")
	path := file(t, name, text)
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	shown := ""
	if err != nil {
		shown = err.Error()
	} else {
		for _, s := range st.Effective() {
			shown += s.Value
		}
	}
	if strings.Contains(shown, secret) {
		t.Errorf("%q: %s", text, strings.TrimPrefix(shown, path))
	}
}

// A drop-in of which the settings were commented out wipes nothing, in any format.
func TestEmptySectionsOfEveryFormatChangeNothing(t *testing.T) {
	for name, text := range map[string]string{
		"1.yaml": "t:\n  limits:\n  m:\n", "2.yaml": "t: {limits: {}, m: {}}", "3.toml": "[t.limits]\n[t.m]", "4.json": `{"t": {"limits": {}, "m": null}}`,
		"5.json": `{"t": null}`, "6.yaml": "t:\n", "7.toml": "[t]\n",
	} {
		dir := t.TempDir()
		path := write(t, filepath.Join(dir, "c.yaml"), "t: {limits: {max: 5}, m: {a: b}}")
		write(t, filepath.Join(dir, "c.d", name), text)
		set := NewSet()
		v := Add[wild](set, "t")
		if _, err := Load(set, Source{Files: []string{path}, Environ: none}); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if w := v.Get(); w.Limits.Max != 5 || w.M["a"] != "b" {
			t.Errorf("%s: got %+v", name, w)
		}
	}
}

// A file that has no sections, of names that are not ours.
func TestRootOfEveryFormatIsASection(t *testing.T) {
	type settings struct {
		Port      int               `config:"listenPort"`
		Upstreams []string          `config:"up-streams"`
		Labels    map[string]string `config:"Labels"`
	}
	for name, text := range map[string]string{
		"c.yaml": "listenPort: 1\nup-streams: [a, b]\nLabels: {Ä.b: c}\n",
		"c.toml": "listenPort = 1\nup-streams = ['a', 'b']\n[Labels]\n'Ä.b' = 'c'\n",
		"c.json": `{"listenPort": 1, "up-streams": ["a", "b"], "Labels": {"Ä.b": "c"}}`,
	} {
		got, err := load[settings](t, "", name, text)
		if err != nil || got.Port != 1 || strings.Join(got.Upstreams, "") != "ab" || got.Labels["Ä.b"] != "c" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// A setting with a function is compared by its text, in every format.
func TestFunctionsOfEveryFormatAreNoChange(t *testing.T) {
	type settings struct {
		Page page `reload:"restart"`
		N    int
	}
	for name, texts := range map[string][2]string{
		"c.yaml": {"s: {page: '{{f}}', n: 1}", "s: {n: 2, page: \"{{f}}\"}"},
		"c.toml": {"[s]\npage = '{{f}}'\nn = 1", "[s]\nn = 2\npage = \"{{f}}\""},
		"c.json": {`{"s": {"page": "{{f}}", "n": 1}}`, `{"s": {"n": 2, "page": "\u007b{f}}"}}`},
	} {
		set, path := NewSet(), file(t, name, texts[0])
		Add[settings](set, "s")
		st, err := Load(set, Source{Files: []string{path}, Environ: none})
		if err != nil {
			t.Fatal(err)
		}
		st.catalog.limits = disk.AtStart
		write(t, path, texts[1])
		if r := st.Reload(t.Context(), "test"); len(r.Changed) != 1 || r.Changed[0].Key != "s.n" || len(r.PendingRestart) > 0 {
			t.Errorf("%s: got %s", name, r.Text())
		}
	}
}

// The format of a file is a matter of its name, and so is a mistake in it.
func TestNameOfAFileIsWhatIsWrongWithItsFormat(t *testing.T) {
	for _, name := range []string{"config", "a.ini", "a.conf", "a.yaml.bak", "a.json5", "a.env", "a.properties"} {
		_, err := load[wild](t, "t", name, "t: {n: 1}")
		if err == nil || !strings.Contains(err.Error(), "format") || strings.Contains(err.Error(), "yaml:") {
			t.Errorf("%s: got %v, want a word about its name", name, err)
		}
	}
	if _, err := load[wild](t, "t", "C.YAML", "t: {n: 1}"); err != nil {
		t.Error(err)
	}
}
