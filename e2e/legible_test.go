//go:build unix

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"github.com/gracefulfx/graceful/e2e/browser"
)

// faint finds text with less contrast than WCAG AA demands, 4.5 to 1, and elements
// that are too small to hit or to read.
const faint = `(() => {
	const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return c.startsWith('color(srgb') ? [m[0]*255, m[1]*255, m[2]*255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1] }
	const light = ([r, g, b]) => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b) }
	const under = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > .99) return c } return [255, 255, 255] }
	const found = []
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement
		if (!n.textContent.trim() || !e.checkVisibility() || e.closest('script, button:disabled')) continue
		const style = getComputedStyle(e)
		if (style.fontSize === '0px') continue
		const [a, b] = [light(rgb(style.color)), light(under(e))].sort((x, y) => y - x)
		if ((a + .05) / (b + .05) < 4.5 || parseFloat(style.fontSize) < 12) found.push(n.textContent.trim().slice(0, 40) + ' ' + ((a + .05) / (b + .05)).toFixed(1) + ' ' + style.fontSize)
	}
	return found
})()`

// legible checks the rules of a page for people who see little or nothing, or use
// no mouse.
func legible(t *testing.T, p *browser.Tab) {
	t.Helper()
	for _, text := range browser.Eval[[]string](t, p, faint) {
		t.Errorf("too faint or too small: %s", text)
	}
	tree, err := chromedp.Call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role, name := strings.Trim(string(n.Role.Value), `"`), ""
		if n.Name != nil {
			name = strings.Trim(string(n.Name.Value), `"`)
		}
		if slices.Contains([]string{"button", "link", "combobox", "textbox", "searchbox", "dialog", "region", "group", "heading", "progressbar", "table", "toolbar", "image", "DisclosureTriangle"}, role) {
			if strings.TrimSpace(name) == "" && role != "table" && role != "group" {
				t.Errorf("a %s without a name (node %d)", role, n.BackendDOMNodeID)
			}
			named[role]++
		}
	}
	if named["button"] < 6 || named["heading"] < 4 || named["region"] < 6 {
		t.Errorf("got %v: this check sees nothing", named)
	}
}

// The check finds what it is for.
func TestFaintTextIsFound(t *testing.T) {
	p := browser.Open(t)
	p.Do(t, chromedp.Navigate(`data:text/html,<p style="color:%23999;background:%23fff">grey</p><p>black</p><p style="font-size:9px">small</p>`))
	found := strings.Join(browser.Eval[[]string](t, p, faint), ", ")
	if !strings.Contains(found, "grey") || !strings.Contains(found, "small") || strings.Contains(found, "black") {
		t.Errorf("found %s", found)
	}
}
