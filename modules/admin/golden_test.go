package admin

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

var update = flag.Bool("update", false, "write the golden files anew; then look at what changed, and whether Schema must")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// Every field of the JSON with its type. A line that is removed or changed needs a
// new Schema; a new line does not.
func TestSchemaIsKept(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, v := range []any{Status{}, Event{}, Report{}, Operation{}, Refusal{}, config.Report{}, config.Setting{}} {
		lines = append(lines, fields(reflect.TypeOf(v).String(), reflect.TypeOf(v))...)
	}
	slices.Sort(lines)
	golden(t, "schema.golden", fmt.Sprintf("schema %d\n%s\n", Schema, strings.Join(slices.Compact(lines), "\n")))
}

func fields(name string, t reflect.Type) (lines []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() {
		if t.Kind() == reflect.Slice {
			name += "[]"
		}
		t = t.Elem()
	}
	if t == reflect.TypeFor[json.RawMessage]() { // since Go 1.27 it has another name
		return []string{name + " json.RawMessage"}
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return []string{name + " " + t.String()}
	}
	for f := range t.Fields() {
		if tag := f.Tag.Get("json"); f.IsExported() && tag != "-" {
			key, _, _ := strings.Cut(tag, ",")
			lines = append(lines, fields(name+"."+key, f.Type)...)
		}
	}
	return lines
}

var (
	moment = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]+"`)
	length = regexp.MustCompile(`(started in |server.go:|_ns"?: |"pid": |"(?:read|parse|resolve|validate|prepare|commit)": )\d+(?:ms|s)?`)
	pids   = regexp.MustCompile(`uid \d+, pid \d+|"id": "\d+-`)
	sums   = regexp.MustCompile(`"hash": "[0-9a-f]+"|"hash",\s+"[0-9a-f]+"`)
	built  = regexp.MustCompile(`(?s)"build": \{.*?\}`)
	ran    = regexp.MustCompile(`(?s)"process": \{.*?\}`)
	info   = regexp.MustCompile(`(?s)"labels": \[\s*"version",[^\]]*\]`)
	values = regexp.MustCompile(`(?s)"name": "(go_|config_last|config_reload_d)[^}]*?"value": [0-9.e+-]+`)
)

// What an answer looks like, without everything that differs from run to run.
func TestAnswersLookAsTheyDid(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.app.Wiring().AddMetrics(func() []app.Metric {
		return []app.Metric{{Name: "http_connections", Help: "Open connections by state.", Labels: []string{"server", "http", "state", "active"}, Value: 3}}
	})
	r.start(t)
	r.edit(t, "greeting: {text: bye, port: 2}")
	get := func(method, path string) string {
		_, body := r.raw(t, method, path, "", nil)
		body = strings.ReplaceAll(body, filepath.Dir(r.file), "DIR")
		for re, with := range map[*regexp.Regexp]string{moment: `"TIME"`, length: "${1}0", pids: "WHO", sums: `"hash": "HASH"`, built: `"build": {}`, ran: `"process": {}`, info: `"labels": ["version"]`, values: `"name": "$1..."`} {
			body = re.ReplaceAllString(body, with)
		}
		return body
	}
	golden(t, "reload.golden", get("POST", "/v1/reload"))
	golden(t, "status.golden", get("GET", "/v1/status"))
	golden(t, "config.golden", get("GET", "/v1/config"))
	golden(t, "report.golden", get("GET", "/v1/report"))
	golden(t, "refusal.golden", get("POST", "/v1/upgrade?"))
}
