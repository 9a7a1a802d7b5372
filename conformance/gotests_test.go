package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Go's own tests run over our connections: those of net/http, whose
// httptest.Server is made to serve with gotests.Serve, and those of crypto/tls,
// whose Server is made to run on the tap that follows its records. Nothing of Go is
// copied: an overlay changes a line here and there, for the time of the test.
var goTests = flag.String("gotests", "", "which of Go's own tests to run over our connections, a regular expression; all: every one")

// byDesign are tests that would fail, and why. They are not run: some wait for
// minutes.
var byDesign = map[string]string{
	"TestBogoSuite": "it downloads another project",
	"TestOmitHTTP2": "it is a build of net/http without HTTP/2",

	"TestHijackAfterCloseNotifier":         "without an Upgrade header Hijack gives our connection, of another type",
	"TestClientInsecureTransport":          setLate,
	"TestClientWithIncorrectTLSServerName": setLate,
	"TestServerShutdown":                   "Shutdown of the application's server stops the application, which drains as for a signal",
}

const setLate = "it sets ErrorLog of a server that serves; ours reads it before"

// overlaid is how one package of Go is changed.
type overlaid struct {
	pkg     string
	rest    string              // not empty: connections rest at once
	changes map[string][]change // of files of Go, below src
	added   map[string]string   // below src
	ours    map[string]string   // below the root of this project; a path of testdata, or text
}

// atRest is o with connections that rest at once, see http.rest_after.
func (o overlaid) atRest() overlaid {
	o.rest = "at rest"
	return o
}

func (o overlaid) name() string { return strings.TrimSpace(o.pkg + " " + o.rest) }

// results are those of Go's tests as they are, by package.
var results = map[string]map[string]string{}

func (o overlaid) alone(t *testing.T, pattern string) map[string]string {
	if results[o.pkg] == nil {
		results[o.pkg], _ = run(t, o.pkg, pattern)
	}
	return results[o.pkg]
}

type change struct{ from, to string }

var overNetHTTP = overlaid{
	pkg: "net/http",
	changes: map[string][]change{"net/http/httptest/server.go": {
		{`tls\.NewListener\(`, "throughTLS("},
		{`s\.Config\.Serve\((.*)\)`, "serve(s.Config, $1, started)"},
		{`func \(s \*Server\) goServe\([^)]*\) \{\n`, "${0}\tstarted := make(chan struct{})\n\tdefer func() { <-started }()\n"},
	}},
	added: map[string]string{
		"net/http/httptest/graceful.go": `package httptest

import ("crypto/tls"; "net"; "net/http")

var Serve func(*http.Server, net.Listener, *tls.Config, chan<- struct{})

type listenerTLS struct { net.Listener; c *tls.Config }

func throughTLS(l net.Listener, c *tls.Config) net.Listener { return listenerTLS{l, c} }

func serve(hs *http.Server, l net.Listener, started chan<- struct{}) {
	if t, ok := l.(listenerTLS); ok { Serve(hs, t.Listener, t.c, started) } else { Serve(hs, l, nil, started) }
}
`,
		"net/http/graceful_test.go": `package http_test

import ("net/http/httptest"; "github.com/gracefulfx/graceful/conformance/gotests")

func init() { httptest.Serve = gotests.Serve }
`,
	},
	ours: map[string]string{"conformance/gotests/serve.go": "testdata/gotests/serve.go"},
}

var overCryptoTLS = overlaid{
	pkg: "crypto/tls",
	changes: map[string][]change{"crypto/tls/tls.go": {{
		`(func Server\(conn net\.Conn, config \*Config\) \*Conn \{\n)([^}]*\}\n)(\tc\.handshakeFn = c\.serverHandshake\n)`,
		"${1}\tconn, config, established := tap(conn, config)\n${2}\tc.handshakeFn = func(ctx context.Context) error {\n" +
			"\t\terr := c.serverHandshake(ctx)\n\t\tif err == nil {\n\t\t\testablished()\n\t\t}\n\t\treturn err\n\t}\n",
	}}},
	added: map[string]string{
		"crypto/tls/graceful.go": `package tls

import "net"

var Tap func(net.Conn, *Config) (net.Conn, *Config, func())

func tap(nc net.Conn, c *Config) (net.Conn, *Config, func()) {
	if Tap == nil || c == nil { return nc, c, func() {} }
	if !c.SessionTicketsDisabled { c.ticketKeys(nil) } // so that copies of c have the same keys
	return Tap(nc, c)
}
`,
		"crypto/tls/graceful_test.go": `package tls_test

import ("crypto/tls"; "github.com/gracefulfx/graceful/modules/httpserver/zztap")

func init() { tls.Tap = zztap.Tap }
`,
	},
	ours: map[string]string{
		"modules/httpserver/internal/tlsmove/zz.go": `package tlsmove

import ("crypto/tls"; "net")

func Tap(nc net.Conn, c *tls.Config) (net.Conn, *tls.Config, func()) {
	t := newTap(nc)
	return t, Config(c), t.established
}
`,
		"modules/httpserver/zztap/zz.go": `package zztap

import ("crypto/tls"; "fmt"; "net"; "os"; "sync"; "github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove")

var served = sync.OnceFunc(func() { fmt.Fprintln(os.Stderr, "\ngotests: served by us") })

func Tap(nc net.Conn, c *tls.Config) (net.Conn, *tls.Config, func()) {
	served()
	return tlsmove.Tap(nc, c)
}
`,
	},
}

// Go's own tests end over our connections as they do over its own.
func TestGosOwnTests(t *testing.T) {
	if *goTests == "" {
		t.Skip("they take minutes: -gotests all runs them")
	}
	pattern := *goTests
	if pattern == "all" {
		pattern = "."
	}
	leaveModuleCache(t)
	for _, o := range []overlaid{overNetHTTP, overNetHTTP.atRest(), overCryptoTLS} {
		t.Run(o.name(), func(t *testing.T) {
			overlay := o.write(t)
			theirs := o.alone(t, pattern)
			t.Setenv("GOTESTS_REST", o.rest)
			ours, reached := run(t, o.pkg, pattern, "-overlay", overlay)
			if !reached {
				t.Error("no test reached this project")
			}
			for range 2 { // some measure time: a failure is one that stays
				if again := o.surprises(theirs, ours); len(again) > 0 {
					once, _ := run(t, o.pkg, "^("+strings.Join(roots(again), "|")+")$", "-overlay", overlay)
					maps.Copy(ours, once)
				}
			}
			for _, test := range o.surprises(theirs, ours) {
				t.Errorf("%s: %s, and %s over our connections", test, theirs[test], ours[test])
			}
			passed := 0
			for test, result := range theirs {
				if result == "pass" && ours[test] == "pass" {
					passed++
				}
			}
			t.Logf("%s: %d of %d that pass, pass over our connections", runtime.Version(), passed, count(theirs, "pass"))
		})
	}
}

// surprises are the tests that end in another way over our connections, in order.
func (o overlaid) surprises(theirs, ours map[string]string) (tests []string) {
	for test, want := range theirs {
		if want != "fail" && ours[test] != want {
			tests = append(tests, test)
		}
	}
	slices.Sort(tests)
	return tests
}

// roots are the names of tests without those of their parts.
func roots(tests []string) (names []string) {
	for _, test := range tests {
		name, _, _ := strings.Cut(test, "/")
		names = append(names, regexp.QuoteMeta(name))
	}
	return slices.Compact(names)
}

func count(results map[string]string, want string) (n int) {
	for _, got := range results {
		if got == want {
			n++
		}
	}
	return n
}

// run returns what has become of each test of pkg, and whether one of them reached
// this project.
func run(t *testing.T, pkg, pattern string, args ...string) (results map[string]string, reached bool) {
	t.Helper()
	args = append([]string{"test", "-json", "-count=1", "-vet=off", "-run", pattern, "-timeout=15m", "-skip", "^(" + strings.Join(slices.Sorted(maps.Keys(byDesign)), "|") + ")"}, args...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, pkg)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, _ := cmd.Output() // whose failure is in the results
	results = map[string]string{}
	var text strings.Builder
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(s.Bytes(), &e) != nil {
			continue
		}
		text.WriteString(e.Output)
		switch e.Action {
		case "pass", "fail", "skip":
			if e.Test != "" {
				results[e.Test] = e.Action
			}
		}
	}
	if path := os.Getenv("GOTESTS_OUTPUT"); path != "" {
		_ = os.WriteFile(path, []byte(text.String()+errs.String()), 0o600)
	}
	if len(results) == 0 {
		t.Fatalf("%v\n%s%s", cmd.Args, text.String(), errs.String())
	}
	return results, strings.Contains(text.String()+errs.String(), "gotests: served by us")
}

// write writes the overlay, and returns its path.
func (o overlaid) write(t *testing.T) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src")
	project, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), map[string]string{}
	put := func(path, text string) {
		replace[path] = filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, changes := range o.changes {
		old, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(old)
		for _, c := range changes {
			re := regexp.MustCompile(c.from)
			if !re.MatchString(text) {
				t.Fatalf("%s of this Go has nothing like %s", name, c.from)
			}
			text = re.ReplaceAllString(text, c.to)
		}
		put(filepath.Join(src, name), text)
	}
	for name, text := range o.added {
		put(filepath.Join(src, name), text)
	}
	for name, text := range o.ours {
		if own, err := os.ReadFile(text); err == nil {
			text = string(own)
		}
		put(filepath.Join(project, name), text)
	}
	path := filepath.Join(dir, "overlay.json")
	encoded, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(path, encoded, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
