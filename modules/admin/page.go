package admin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
)

//go:embed page.html
var pageHTML []byte

// page is the page at /, with a policy that lets nothing else run or load: style
// and script are named by their hashes, and script may not make markup of text.
type page struct{ policy string }

func newPage() *page {
	return &page{policy: "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"style-src '" + hashOf("style") + "'; script-src '" + hashOf("script") + "'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'"}
}

// hashOf is the hash of what the page has between the tags of that name.
func hashOf(tag string) string {
	_, rest, _ := bytes.Cut(pageHTML, []byte("<"+tag+">"))
	text, _, _ := bytes.Cut(rest, []byte("</"+tag+">"))
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (p *page) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write(pageHTML)
}
