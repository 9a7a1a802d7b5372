package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// overlaid is how one package of Go is changed.
type overlaid struct {
	pkg     string
	variant string              // not empty: in what the server differs from the usual one
	only    []string            // not nil: the tests of the variant
	except  map[string]string   // tests that are not run
	changes map[string][]change // of files of Go, below src
	added   map[string]string   // below src
	ours    map[string]string   // below the root of this project; a path of testdata, or text
}

// atRest is o with connections that rest at once, see http.rest_after.
func (o overlaid) atRest() overlaid {
	o.variant = "at rest"
	return o
}

// ownTickets is o with an application that wraps its session tickets itself.
func (o overlaid) ownTickets() overlaid {
	o.variant, o.only, o.except = "own tickets", because(o.except, longerTicket), nil
	return o
}

func (o overlaid) name() string { return strings.TrimSpace(o.pkg + " " + o.variant) }

type change struct{ from, to string }

var overNetHTTP = overlaid{
	pkg:    "net/http",
	except: exceptNetHTTP,
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
	pkg:    "crypto/tls",
	except: exceptCryptoTLS,
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
	if os.Getenv("GOTESTS_VARIANT") == "own tickets" {
		given := c
		c = c.Clone()
		c.WrapSession, c.UnwrapSession = given.EncryptTicket, given.DecryptTicket
	}
	return tlsmove.Tap(nc, c)
}
`,
	},
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
