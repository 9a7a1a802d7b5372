package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

type tlsPart struct {
	MinVersion string  `config:"min_version"`
	Cert       FileRef `config:"cert_file"`
}

type web struct {
	Addr    string            `config:"addr" reload:"restart" doc:"listen address"`
	Timeout time.Duration     `config:"read_timeout"`
	Port    uint16            `config:"port"`
	Gen     int               `config:"gen"`
	Ratio   float64           `config:"ratio"`
	On      bool              `config:"on"`
	Hosts   []string          `config:"hosts"`
	Ports   []int             `config:"ports"`
	Headers map[string]string `config:"headers"`
	Peers   []peer            `config:"peers"`
	Token   Secret            `config:"token"`
	Bind    netip.Addr        `config:"bind"`
	Since   time.Time         `config:"since"`
	Any     any               `config:"any"`
	Limit   *int              `config:"limit"`
	TLS     tlsPart           `config:"tls"`
}

type peer struct {
	Name string
	Port uint16
}

type database struct {
	Path    string `config:"path"`
	MaxOpen int    `config:"max_open"`
}

func (d *database) Validate() error {
	if d.MaxOpen > 1000 {
		return errors.Join(Invalid("max_open", "%d is more than 1000", d.MaxOpen))
	}
	return nil
}

func webDefaults() web {
	return web{Addr: ":8080", Timeout: 5 * time.Second, Hosts: []string{"d1"}, Headers: map[string]string{"X-Default": "yes"}}
}

func loadWeb(src Source) (*web, *database, error) {
	set := NewSet()
	w := Add[web](set, "http", Default(webDefaults))
	d := Add[database](set, "db")
	if src.Environ == nil {
		src.Environ = none
	}
	if _, err := Load(set, src); err != nil {
		return nil, nil, err
	}
	return w.Get(), d.Get(), nil
}

func TestOneBadFileReportsAllItsProblems(t *testing.T) {
	path := file(t, "config.yaml", `# a comment
http:
  addr: ":80"
  read_timeout: 5
  port: 70000
  headers: { a: b }
  tls:
    mim_version: "1.2"
  gen: 1.5
dbb:
  path: x
db:
  max_open: 5000
`)
	_, _, err := loadWeb(Source{Files: []string{path}})
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want an InvalidError", err)
	}
	var got []string
	for _, p := range invalid.Problems {
		got = append(got, strings.TrimPrefix(p.String(), filepath.Dir(path)+"/"))
	}
	want := []string{
		`config.yaml:4:3: http.read_timeout: duration 5 has no unit (write "5s", or "5ms")`,
		`config.yaml:5:3: http.port: 70000 overflows uint16 (0 to 65535)`,
		`config.yaml:8:5: http.tls.mim_version: unknown key (did you mean "min_version"?)`,
		`config.yaml:9:3: http.gen: 1.5 is not a whole number`,
		`config.yaml:10:1: dbb: unknown section (did you mean "db"?)`,
		`config.yaml:13:3: db.max_open: 5000 is more than 1000`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	big := make([]byte, MaxFileSize+1)
	for i := range big {
		big[i] = '#'
	}
	tests := []struct {
		name, path, want string
	}{
		{"missing", filepath.Join(dir, "none.yaml"), "does not exist"},
		{"directory", write(t, filepath.Join(dir, "d.yaml", "x"), "")[:len(dir)+len("/d.yaml")], "is a directory"},
		{"empty", write(t, filepath.Join(dir, "empty.yaml"), ""), "is empty"},
		{"blank", write(t, filepath.Join(dir, "blank.toml"), " \n\t\n"), "is empty"},
		{"comments", write(t, filepath.Join(dir, "comments.yaml"), "# a\n---\n#b\n"), "only comments"},
		{"latin1", write(t, filepath.Join(dir, "latin1.yaml"), "http:\n  addr: \"\xe4\"\n"), "latin1.yaml:2:10: is not UTF-8"},
		{"utf16", write(t, filepath.Join(dir, "utf16.yaml"), "\xff\xfeh\x00t\x00"), "is not UTF-8"},
		{"nul", write(t, filepath.Join(dir, "nul.json"), "{}\x00"), "is not UTF-8"},
		{"large", write(t, filepath.Join(dir, "large.yaml"), string(big)), "is larger than 4 MiB"},
		{"device", os.DevNull, "is not a regular file"},
		{"format", write(t, filepath.Join(dir, "config.ini"), "a=b"), `format "ini" is not one of`},
		{"syntax", write(t, filepath.Join(dir, "syntax.yaml"), "http:\n  addr: \"x\n"), "syntax.yaml:"},
		{"tab", write(t, filepath.Join(dir, "tab.yaml"), "http:\n\taddr: x\n"), "tab.yaml:2:1: found character that cannot start any token (YAML is indented"},
		{"list", write(t, filepath.Join(dir, "list.yaml"), "- a\n- b\n"), "holds no settings in sections"},
		{"scalar", write(t, filepath.Join(dir, "scalar.yaml"), "just a word\n"), "holds no settings in sections"},
		{"twice", write(t, filepath.Join(dir, "twice.yaml"), "http:\n  port: 1\n  port: 2\n"), "twice.yaml:3:3: http.port: is written twice (it is at line 2, too)"},
		{"json twice", write(t, filepath.Join(dir, "twice.json"), "{\n \"http\": {\"port\": 1,\n  \"port\": 2}\n}"), `twice.json:3:3: http.port: is written twice (it is at line 2, too)`},
		{"json section twice", write(t, filepath.Join(dir, "sections.json"), "{\n \"http\": {},\n \"http\": {}\n}"), `sections.json:3:2: http: is written twice (it is at line 2, too)`},
		{"documents", write(t, filepath.Join(dir, "documents.yaml"), "http:\n  port: 1\n---\nhttp:\n  port: 2\n"), "documents.yaml:3:1: a second document"},
		{"json", write(t, filepath.Join(dir, "bad.json"), "{\n \"http\": {]\n}"), "bad.json:2:11: invalid character ']'"},
		{"json comma", write(t, filepath.Join(dir, "comma.json"), "{\n \"http\": {}\n \"db\": {}\n}"), `comma.json:2:12: invalid character '"' after object key:value pair (a comma is missing)`},
		{"json comma too many", write(t, filepath.Join(dir, "last.json"), "{\n \"http\": {\n  \"port\": 1,\n\n },\n \"db\": {}\n}"), `last.json:3:12: invalid character '}' looking for beginning of object key string (there is a comma too many)`},
		{"json comma too many in a list", write(t, filepath.Join(dir, "element.json"), "{\"http\": {\"ports\": [\n1,\n]}}"), `element.json:2:2: invalid character ']' looking for beginning of value (there is a comma too many)`},
		{"json bracket", write(t, filepath.Join(dir, "bracket.json"), "{\n \"http\":\n  \"port\": 1}\n}"), "bracket.json:2:9: invalid character ':' after object key:value pair (a bracket is missing)"},
		{"json list", write(t, filepath.Join(dir, "list.json"), "[1]"), "holds array, not settings"},
		{"json short", write(t, filepath.Join(dir, "short.json"), "{\"http\": "), "ends too early"},
		{"deep", write(t, filepath.Join(dir, "deep.json"), `{"http": `+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}"), "nested deeper than 100"},
		{"toml", write(t, filepath.Join(dir, "bad.toml"), "[http]\nport = = 1\n"), "bad.toml:2:8:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := loadWeb(Source{Files: []string{tt.path}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	if _, _, err := loadWeb(Source{Files: []string{filepath.Join(dir, "none.yaml")}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error that is fs.ErrNotExist", err)
	}
}

func TestUnreadableFileNamesTheUserOfTheProcess(t *testing.T) {
	reason, hint := disk.WhyUnreadable(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission})
	if !strings.Contains(reason, "permission denied") || !strings.Contains(hint, "uid") {
		t.Errorf("got %q (%q), want permission denied and the uid", reason, hint)
	}
}

// Each case is a trap of viper; see docs/design.md.
func TestValuesAreBoundWithoutTraps(t *testing.T) {
	tests := []struct {
		name string
		yaml string
		env  []string
		want func(*web)
		fail string
	}{
		{name: "environment over nested key", yaml: "http: {tls: {min_version: a}}", env: []string{"APP_HTTP_TLS_MIN_VERSION=b"}, want: func(w *web) { w.TLS.MinVersion = "b" }},
		{name: "key only in the environment", yaml: "http: {}", env: []string{"APP_HTTP_PORT=9999"}, want: func(w *web) { w.Port = 9999 }},
		{name: "variable named like a section hides nothing", yaml: "http: {port: 1}", env: []string{"APP_HTTP=oops"}, want: func(w *web) { w.Port = 1 }},
		{name: "variable of a Kubernetes service", yaml: "http: {}", env: []string{"APP_HTTP_PORT=tcp://10.0.0.1:80"}, fail: "env APP_HTTP_PORT: http.port: \"tcp://10.0.0.1:80\" is not a whole number (Kubernetes"},
		{name: "keys of maps keep case and dots", yaml: "http: {headers: {API: a, api: b, api.example.com: c, Content-Type: d}}", want: func(w *web) {
			w.Headers = map[string]string{"X-Default": "yes", "API": "a", "api": "b", "api.example.com": "c", "Content-Type": "d"}
		}},
		{name: "null takes an entry of a map away", yaml: "http: {headers: {X-Default: }}", want: func(w *web) { w.Headers = map[string]string{} }},
		{name: "null means the default", yaml: "http: {addr: , read_timeout: null, hosts: ~}", want: func(*web) {}},
		{name: "empty section means the defaults", yaml: "http:\ndb:\n", want: func(*web) {}},
		{name: "section is off", yaml: "http: off", fail: `expected settings below it`},
		{name: "scalar over a section with environment below", yaml: "http: {tls: x}", env: []string{"APP_HTTP_TLS_MIN_VERSION=b"}, fail: `http.tls: expected settings below it (min_version, cert_file), found "x"`},
		{name: "list over a section", yaml: "http: [1]", fail: "found a list"},
		{name: "overflow", yaml: "http: {port: 70000}", fail: "70000 overflows uint16"},
		{name: "negative for unsigned", yaml: "http: {port: -1}", fail: "-1 overflows uint16"},
		{name: "overflow from the environment", yaml: "http: {}", env: []string{"APP_HTTP_PORT=70000"}, fail: "env APP_HTTP_PORT: http.port: 70000 overflows uint16"},
		{name: "beyond 64 bits", yaml: "http: {gen: 99999999999999999999}", fail: "overflows int"},
		{name: "fraction for a whole number", yaml: "http: {gen: 1.9}", fail: "1.9 is not a whole number"},
		{name: "whole number in exponent form", yaml: "http: {gen: 1e3}", want: func(w *web) { w.Gen = 1000 }},
		{name: "octal by accident", yaml: "http: {gen: 0755}", fail: "could be octal or decimal (write 755, or 0o755"},
		{name: "octal on purpose", yaml: "http: {gen: 0o755}", want: func(w *web) { w.Gen = 0o755 }},
		{name: "text for a number", yaml: "http: {gen: eighty}", fail: `"eighty" is not a whole number`},
		{name: "quoted number for a number", yaml: `http: {gen: "80"}`, fail: `"80" is not a whole number`},
		{name: "number for text", yaml: "http: {addr: 8080}", fail: `expected text, found 8080 (put it in quotes: "8080")`},
		{name: "duration without a unit", yaml: "http: {read_timeout: 5}", fail: `duration 5 has no unit (write "5s"`},
		{name: "quoted duration without a unit", yaml: `http: {read_timeout: "5"}`, fail: "has no unit"},
		{name: "duration without a unit from the environment", yaml: "http: {}", env: []string{"APP_HTTP_READ_TIMEOUT=5"}, fail: "has no unit"},
		{name: "half a duration", yaml: "http: {read_timeout: 1h30}", fail: `"1h30" is not a duration`},
		{name: "zero duration needs no unit", yaml: "http: {read_timeout: 0}", want: func(w *web) { w.Timeout = 0 }},
		{name: "yes is no bool", yaml: "http: {on: yes}", fail: `expected true or false, found "yes"`},
		{name: "bool from the environment", yaml: "http: {}", env: []string{"APP_HTTP_ON=true"}, want: func(w *web) { w.On = true }},
		{name: "list from the environment", yaml: "http: {}", env: []string{"APP_HTTP_HOSTS= a, b c ,d"}, want: func(w *web) { w.Hosts = []string{"a", "b c", "d"} }},
		{name: "list from the environment as JSON", yaml: "http: {}", env: []string{`APP_HTTP_HOSTS=["a,b","c"]`}, want: func(w *web) { w.Hosts = []string{"a,b", "c"} }},
		{name: "list of numbers from the environment", yaml: "http: {}", env: []string{"APP_HTTP_PORTS=1,2,3"}, want: func(w *web) { w.Ports = []int{1, 2, 3} }},
		{name: "broken JSON from the environment", yaml: "http: {}", env: []string{"APP_HTTP_PORTS=[1,"}, fail: "env APP_HTTP_PORTS: http.ports: expected a list, not JSON"},
		{name: "more than JSON from the environment", yaml: "http: {}", env: []string{"APP_HTTP_PORTS=[1]]"}, fail: "something follows"},
		{name: "word for a list", yaml: "http: {hosts: a}", fail: `expected a list, found "a" (write [a, b, c])`},
		{name: "map from the environment", yaml: "http: {}", env: []string{"APP_HTTP_HEADERS=A=1,b=x=y"}, want: func(w *web) { w.Headers = map[string]string{"X-Default": "yes", "A": "1", "b": "x=y"} }},
		{name: "map without = from the environment", yaml: "http: {}", env: []string{"APP_HTTP_HEADERS=A"}, fail: `"A" has no =`},
		{name: "list of structs", yaml: "http: {peers: [{name: a, port: 1}, {name: b}]}", want: func(w *web) { w.Peers = []peer{{"a", 1}, {"b", 0}} }},
		{name: "list of structs from the environment", yaml: "http: {}", env: []string{`APP_HTTP_PEERS=[{"name":"a","port":1}]`}, want: func(w *web) { w.Peers = []peer{{"a", 1}} }},
		{name: "element of a list by its index in a variable", yaml: "http: {peers: [{name: a, port: 1}]}", env: []string{"APP_HTTP_PEERS_0_PORT=2"}, want: func(w *web) { w.Peers = []peer{{"a", 2}} }},
		{name: "error inside a list", yaml: "http:\n  peers:\n    - name: a\n    - prt: 1\n", fail: `:4:7: http.peers[1].prt: unknown key (did you mean "port"?)`},
		{name: "null inside a list", yaml: "http: {ports: [1, ~]}", fail: "http.ports[1]: an element of a list has no default"},
		{name: "list replaces the default", yaml: "http: {hosts: [x]}", want: func(w *web) { w.Hosts = []string{"x"} }},
		{name: "empty list replaces the default", yaml: "http: {hosts: []}", want: func(w *web) { w.Hosts = []string{} }},
		{name: "empty variable is an empty text", yaml: "http: {addr: x}", env: []string{"APP_HTTP_ADDR="}, want: func(w *web) { w.Addr = "" }},
		{name: "empty variable is no number", yaml: "http: {}", env: []string{"APP_HTTP_PORT="}, fail: `env APP_HTTP_PORT: http.port: "" is not a whole number (unset it`},
		{name: "text of its own type", yaml: "http: {bind: 127.0.0.1, since: 2026-01-02T03:04:05Z}", want: func(w *web) {
			w.Bind, w.Since = netip.MustParseAddr("127.0.0.1"), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		}},
		{name: "wrong text of its own type", yaml: "http: {bind: localhost}", fail: `http.bind: "localhost": ParseAddr`},
		{name: "anything", yaml: "http: {any: {A.b: [1, x]}}", want: func(w *web) { w.Any = map[string]any{"A.b": []any{1, "x"}} }},
		{name: "optional number", yaml: "http: {limit: 0}", want: func(w *web) { w.Limit = new(int) }},
		{name: "anchors", yaml: "x-common: &c {port: 7}\nhttp: {<<: *c, gen: 1}", want: func(w *web) { w.Port, w.Gen = 7, 1 }},
		{name: "right key in the wrong place", yaml: "port: 1", fail: `did you mean "http.port"?`},
		{name: "camel case", yaml: "http: {readTimeout: 1s}", fail: `did you mean "read_timeout"?`},
		{name: "swapped letters", yaml: "http: {prot: 1}", fail: `did you mean "port"?`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := append(tt.env, "PATH=/bin")
			got, _, err := loadWeb(Source{Files: []string{file(t, "c.yaml", tt.yaml)}, Environ: env})
			if tt.fail != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fail) {
					t.Fatalf("got %v, want %q in it", err, tt.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := webDefaults()
			tt.want(&want)
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
		})
	}
}

func TestFormatsSayTheSame(t *testing.T) {
	want := webDefaults()
	want.Port, want.Gen, want.Hosts = 80, 9007199254740993, []string{"a", "b"}
	want.Headers["API.x"] = "1"
	want.Peers = []peer{{"p", 1}, {"q", 2}}
	want.Timeout, want.On, want.Ratio = time.Minute, true, 0.5
	for name, text := range map[string]string{
		"c.yaml": "http: {port: 80, gen: 9007199254740993, hosts: [a, b], headers: {API.x: '1'}, peers: [{name: p, port: 1}, {name: q, port: 2}], read_timeout: 1m, on: true, ratio: 0.5}",
		"c.json": "\ufeff" + `{"http": {"port": 80, "gen": 9007199254740993, "hosts": ["a", "b"], "headers": {"API.x": "1"}, "peers": [{"name": "p", "port": 1}, {"name": "q", "port": 2}], "read_timeout": "1m", "on": true, "ratio": 0.5}}`,
		"c.toml": "[http]\nport = 80\ngen = 9007199254740993\nhosts = ['a', 'b']\nheaders = { 'API.x' = '1' }\nread_timeout = '1m'\non = true\nratio = 0.5\n[[http.peers]]\nname = 'p'\nport = 1\n[[http.peers]]\nname = 'q'\nport = 2\n",
	} {
		got, _, err := loadWeb(Source{Files: []string{file(t, name, text)}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, *got, want)
		}
	}
}

func TestEveryFormatNamesTheLine(t *testing.T) {
	for name, text := range map[string]string{
		"c.yaml": "db: {}\nhttp:\n  peers:\n    - name: a\n    - nam: b\n",
		"c.json": "{\n\"http\": {\n\"peers\": [\n{\"name\": \"a\"},\n{\"nam\": \"b\"}\n]}}",
		"c.toml": "[[http.peers]]\nname = 'a'\n[[http.peers]]\n# comment\nnam = 'b'\n",
	} {
		_, _, err := loadWeb(Source{Files: []string{file(t, name, text)}})
		if err == nil || !strings.Contains(err.Error(), name+":5:") || !strings.Contains(err.Error(), `http.peers[1].nam: unknown key (did you mean "name"?)`) {
			t.Errorf("%s: got %v, want the unknown key at line 5", name, err)
		}
	}
}
