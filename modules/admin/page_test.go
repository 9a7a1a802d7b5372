package admin

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The page runs only what is in it, so nothing else may be in it.
func TestPageKeepsItsPolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	nc := r.client(t)
	resp, err := nc.send(t.Context(), http.MethodGet, "/", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "require-trusted-types-for 'script'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %s lacks %s", policy, want)
		}
	}
	for _, tag := range []string{"script", "style"} {
		if n := bytes.Count(document, []byte("<"+tag)); n != 1 {
			t.Errorf("%d elements %s, want the one that has a hash", n, tag)
		}
	}
	body := string(document)
	for what, re := range map[string]string{
		"style attribute":  `\sstyle\s*=`,
		"inline handler":   `\son[a-z]+\s*=\s*"`,
		"text into markup": `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`,
		"foreign address":  `(?:src|href)\s*=\s*"(?:https?:)?//|@import|url\(`,
	} {
		if found := regexp.MustCompile(re).FindString(body); found != "" {
			t.Errorf("%s: %q", what, found)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^"'\s]+`).FindAllString(body, -1) {
		if address != "http://www.w3.org/2000/svg" {
			t.Errorf("address %s", address)
		}
	}
	if len(document) > 44<<10 {
		t.Errorf("%d bytes", len(document))
	}
}
