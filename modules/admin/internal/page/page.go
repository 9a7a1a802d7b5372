// Package page holds the page of the admin API: one document, with its style and
// its script.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
)

var (
	//go:embed page.html
	markup string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// A Page is the page at /, with a policy that lets nothing else run or load: style
// and script are named by their hashes, and the script may not turn text into
// markup.
type Page struct{ made func() content }

type content struct{ document, policy string }

// New returns the page. It is put together at the first request.
func New() *Page { return &Page{sync.OnceValue(newContent)} }

func newContent() content {
	return content{
		document: strings.NewReplacer("{style}", style, "{script}", script).Replace(markup),
		policy: "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
			"style-src '" + hashOf(style) + "'; script-src '" + hashOf(script) + "'; " +
			"require-trusted-types-for 'script'; trusted-types 'none'",
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h, made := w.Header(), p.made()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", made.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write([]byte(made.document))
}
