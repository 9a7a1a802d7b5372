//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/gracefulfx/graceful/e2e/browser"
)

// Text stays text, wherever it comes from: names of hooks, values, keys and
// mistakes of the configuration, errors of checks. A secret is not even shown as
// text.
func TestMarkupStaysTextAndSecretsStaySecret(t *testing.T) {
	p := browser.Open(t)
	quoted, err := json.Marshal(markup) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, fmt.Sprintf("shop: {banner: %s, token: %s}\n", quoted, canary), "E2E_HOOK="+markup, "SHOP_LOG_LEVEL=debug")
	url := s.page()
	visit(t, p, url)
	p.Do(t, chromedp.Click("#settings summary"), chromedp.Click("#parts summary"))
	has := func(id string) string {
		return fmt.Sprintf(`document.getElementById(%q).innerText.includes('onerror=')`, id)
	}
	p.Until(t, has("steps"))
	p.Until(t, has("settings-list"))
	p.Until(t, `document.getElementById('settings-list').innerText.includes('***')`)
	s.write("red", markup)
	p.Until(t, has("ready"))
	s.write("shop.yaml", fmt.Sprintf("shop: {%s: 1, token: [%s-2]}\n", quoted, canary))
	p.Until(t, has("config"))
	s.write("shop.yaml", fmt.Sprintf("shop: {banner: %s, token: %s-3}\n", `"<b>`+`bold</b>"`, canary))
	p.Until(t, `$('config').innerText.includes('<b>bold</b>') && $('config').innerText.includes('shop.token')`)
	p.Until(t, has("journal"))
	if n := browser.Eval[int](t, p, `document.querySelectorAll('img, b b, iframe, object, embed, link:not([rel=icon])').length`); n != 0 {
		t.Errorf("%d elements were made of text", n)
	}
	everything := browser.Eval[string](t, p, `document.documentElement.outerHTML`)
	for _, body := range browser.Eval[[]string](t, p, `Promise.all(['status', 'config', 'config/diff', 'config/history', 'report', 'operations', 'graph'].map(x => ask('/v1/' + x).then(r => r.text())))`) {
		everything += body
	}
	if i := strings.Index(everything, canary); i >= 0 {
		t.Errorf("the secret is seen: %s", everything[max(0, i-200):i+20])
	}
	if !strings.Contains(everything, "shop.token") || !strings.Contains(s.text(), "onerror=") {
		t.Error("this test sees nothing")
	}
	if strings.Contains(s.text(), canary) {
		t.Error("the secret is in the log")
	}
	p.Quiet(t) // the markup would have logged something
	onlyOurs(t, p, url)
}

// What an attacker who could inject text into the page would try is stopped by the
// page's policy.
func TestThePolicyIsEnforced(t *testing.T) {
	p := browser.Open(t)
	url := start(t, "shop: {}\n").page()
	asked := make(chan string, 10)
	foreign := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer foreign.Close()
	visit(t, p, url)
	browser.Eval[chromedp.Void](t, p, `window.violated = [], addEventListener('securitypolicyviolation', e => violated.push(e.effectiveDirective))`)
	for _, c := range []struct{ name, attempt, directive string }{
		{"markup of text", `document.body.innerHTML = '<b>x</b>'`, "require-trusted-types-for"},
		{"a script element", `document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))`, "require-trusted-types-for"},
		{"a handler", `document.body.setAttribute('onclick', 'window.ran = 1'), document.body.click()`, ""},
		{"another policy", `trustedTypes.createPolicy('x', {createHTML: s => s})`, "trusted-types"},
		{"a foreign picture", fmt.Sprintf(`new Image().src = '%s/picture'`, foreign.URL), "img-src"},
		{"foreign data", fmt.Sprintf(`fetch('%s/data').catch(() => 0)`, foreign.URL), "connect-src"},
		{"a frame", fmt.Sprintf(`document.body.append(Object.assign(document.createElement('iframe'), {src: '%s/frame'}))`, foreign.URL), "frame-src"},
		{"a style element", `document.head.append(Object.assign(document.createElement('style'), {textContent: 'body{display:none}'}))`, "style-src-elem"},
		{"a form", fmt.Sprintf(`document.body.append(Object.assign(document.createElement('form'), {action: '%s/form', id: 'f'})), document.getElementById('f').submit()`, foreign.URL), "form-action"},
	} {
		browser.Eval[chromedp.Void](t, p, `(() => { try { `+c.attempt+` } catch {} })()`)
		if c.directive != "" {
			p.Until(t, fmt.Sprintf(`violated.includes(%q)`, c.directive))
		}
	}
	if ran := browser.Eval[bool](t, p, `!!window.ran || getComputedStyle(document.body).display === 'none'`); ran {
		t.Error("something ran")
	}
	select {
	case path := <-asked:
		t.Errorf("the foreign server was asked for %s", path)
	default:
	}
}

// On a read-only page the buttons cannot be pressed, and the process would refuse
// if they could.
func TestReadersChangeNothing(t *testing.T) {
	p := browser.Open(t)
	s := start(t, "shop: {}\n")
	visit(t, p, s.page("--look"))
	p.Until(t, `!$('look').hidden && [...document.querySelectorAll('#tools button:not(:disabled)')].map(b => b.textContent).join() === 'Check'`)
	p.Until(t, `!$('commands').hidden && $('commands').querySelector('button').disabled`)
	p.Quiet(t)
	for _, path := range []string{"reload", "stop", "upgrade", "drain", "log-level", "commands/restock"} {
		if status := browser.Eval[int](t, p, fmt.Sprintf(`ask('/v1/%s', {method: 'POST'}).then(r => r.status)`, path)); status != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", path, status)
		}
	}
	if status := browser.Eval[int](t, p, `ask('/debug/pprof/heap').then(r => r.status)`); status != http.StatusForbidden {
		t.Errorf("the memory: got %d, want 403", status)
	}
	p.Until(t, live)
}

// Without the token of the printed address there is nothing but an empty page.
func TestThePageAsksForItsToken(t *testing.T) {
	p := browser.Open(t)
	url, _, _ := strings.Cut(start(t, "shop: {}\n").page(), "#")
	p.Do(t, chromedp.Navigate(url))
	p.Until(t, `$('link').textContent === 'a token is needed' && !$('login').hidden && document.querySelectorAll('#tools button:not(:disabled)').length === 0`)
	p.Do(t, chromedp.Focus("#token"), chromedp.KeyEvent("nonsense\r"))
	p.Until(t, `!$('login').hidden && $('app').textContent === '…'`)
	p.Picture(t, "login")
}
