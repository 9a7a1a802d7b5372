//go:build unix

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/gracefulfx/graceful/e2e/browser"
)

const live = `$('link').textContent === 'live' && $('state').textContent.includes('ready')`

// visit opens the page that the command printed.
func visit(t *testing.T, p *browser.Tab, url string) {
	t.Helper()
	p.Do(t, chromedp.Navigate(url))
	p.Until(t, live)
	if hash := browser.Eval[string](t, p, `location.hash`); hash != "" {
		t.Errorf("the token stays in the address: %s", hash)
	}
}

// onlyOurs checks that the page has sent requests only to its own process.
func onlyOurs(t *testing.T, p *browser.Tab, url string) {
	t.Helper()
	origin, _, _ := strings.Cut(url, "#")
	for _, r := range p.Requests() {
		if !strings.HasPrefix(r, origin) && !strings.HasPrefix(r, "blob:"+strings.TrimSuffix(origin, "/")) && r != "data:," {
			t.Errorf("the page asked for %s", r)
		}
	}
	if n := len(p.Requests()); n < 3 {
		t.Errorf("saw %d requests: this check sees nothing", n)
	}
}

// One operator with one page open, from a mistake in the configuration through an
// upgrade to the end. The steps build on one another.
func TestThePageFollowsAWholeLife(t *testing.T) {
	p := browser.Open(t) // first: without a browser nothing else is needed
	s := start(t, "shop: {banner: Everything must go, token: "+canary+"}\n")
	url := s.page()
	p.Size(t, 1280, 900)
	visit(t, p, url)

	// What it is, since when, where, and how it came up.
	p.Until(t, `document.title === 'shop · ready' && $('app').textContent === 'shop' && $('ready').textContent === 'gets requests' && $('who').textContent.startsWith('generation 1 · pid ')`)
	p.Until(t, fmt.Sprintf(`$('process').innerText.includes('%s') && $('process').innerText.includes('admin.sock') && $('process').innerText.includes('in charge')`, s.addr))
	p.Until(t, `$('steps').innerText.includes('orders database') && $('steps').innerText.includes('e2e/program_test.go:') && $('steps').querySelectorAll('rect').length >= 8`)
	p.Until(t, `$('journal').innerText.includes('starting → ready')`)
	p.Until(t, `$('config').innerText.includes('shop.yaml') && !$('config').querySelector('.problem')`)
	p.Until(t, `+$('numbers').querySelector('.number b').firstChild.textContent > 0`) // requests per second
	p.Until(t, `$('numbers').querySelector('path.line').getAttribute('d').split('L').length > 2`)

	p.Until(t, `/Latency≤ 250 msp99p50 ≤ 5(\.0)? ms, \d+ errors?/.test($('numbers').textContent)`)

	// Readiness turns red, with the reason, and green again.
	s.write("red", "card terminal unplugged")
	p.Until(t, `$('ready').textContent.includes('[-]payment provider: card terminal unplugged') && $('ready').className === 'warn'`)
	s.remove("red")
	p.Until(t, `$('ready').textContent === 'gets requests'`)

	// A mistake is reported with line and column, and a good file with what it
	// changed.
	s.write("shop.yaml", "shop:\n  banner: Everything must go\n  max_items: 0\n")
	p.Until(t, `$('config').querySelector('.problem')?.innerText.includes('shop.yaml:3:3') && $('config').querySelector('.problem')?.innerText.includes('nobody could buy anything')`)
	p.Picture(t, "rejected")
	s.write("shop.yaml", "shop:\n  banner: Spring sale\n  max_items: 30\n  workers: 8\n")
	p.Until(t, `!$('config').querySelector('.problem') && $('config').innerText.includes('"Spring sale"') && $('config').innerText.includes('"Everything must go"')`)
	p.Until(t, `$('config').innerText.includes('After a restart') && $('config').innerText.includes('shop.workers')`)

	// The journal can be searched, settings and parts opened.
	p.Do(t, chromedp.SendKeys("#filter", "revision"))
	p.Until(t, `$('journal').children.length > 0 && [...$('journal').children].every(li => li.innerText.includes('revision'))`)
	browser.Eval[chromedp.Void](t, p, `$('filter').value = '', $('filter').dispatchEvent(new Event('input'))`)
	p.Do(t, chromedp.Click("#settings summary"))
	p.Until(t, `document.getElementById('settings-list').innerText.includes('shop.max_items')`)
	p.Do(t, chromedp.Click("#parts summary"))
	p.Until(t, `document.getElementById('parts-list').innerText.includes('http.Handler') && document.getElementById('parts-list').innerText.includes('e2e.routes')`)
	browser.Eval[chromedp.Void](t, p, `URL.createObjectURL = (make => b => (b.text().then(t => window.saved = t), make(b)))(URL.createObjectURL.bind(URL))`)
	p.Do(t, chromedp.Click("#dot"))
	p.Until(t, `window.saved?.startsWith('digraph')`)
	p.Do(t, chromedp.Click("#settings summary"), chromedp.Click("#parts summary"))

	// The lines of the log, and those that contain a word.
	p.Do(t, chromedp.Click("#log summary"))
	p.Until(t, `$('log-lines').children.length > 2 && $('log-lines').innerText.includes('reload')`)
	p.Do(t, chromedp.SendKeys("#log-filter", "reload"))
	p.Until(t, `$('log-lines').children.length > 0 && [...$('log-lines').children].every(li => li.innerText.includes('reload'))`)
	p.Picture(t, "log")
	browser.Eval[chromedp.Void](t, p, `$('log-filter').value = '', $('log-filter').dispatchEvent(new Event('input'))`)
	p.Do(t, chromedp.Click("#log summary"))

	// A command of the application: its argument, a question, the outcome.
	p.Until(t, `!$('commands').hidden && $('commands').innerText.includes('order what has run out') && $('process').innerText.includes('Program')`)
	p.Do(t, chromedp.SendKeys(chromedp.CSS("#commands input"), "<b>tea</b>"), chromedp.Click(chromedp.CSS("#commands button")))
	p.Until(t, `$('ask').open && $('ask-text').textContent === 'Run restock item=<b>tea</b> in the process?'`)
	p.Do(t, chromedp.Click(chromedp.CSS("#ask-yes")))
	p.Until(t, `$('outcome').className === 'good' && $('outcome').innerText.includes('restock done: ordered <b>tea</b>') && $('outcome').innerText.includes('"boxes": 12') && !$('commands').querySelector('button').disabled`)

	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(t, scheme)
		for name, size := range map[string][2]int64{"desktop": {1280, 900}, "phone": {390, 844}} {
			p.Size(t, size[0], size[1])
			p.Whole(t, name+"-"+scheme)
			if wide := browser.Eval[int](t, p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s: the page is %d pixels too wide", name, wide)
			}
			if t.Run(name+" "+scheme, func(t *testing.T) { legible(t, p) }); t.Failed() {
				p.Picture(t, "illegible")
			}
		}
	}
	p.Scheme(t, "light")
	for _, width := range []int64{360, 700, 2200} {
		p.Size(t, width, 900)
		if wide := browser.Eval[int](t, p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("at %d pixels the page is %d too wide", width, wide)
		}
	}
	p.Size(t, 1280, 900)

	// An upgrade: the page goes on with the successor by itself.
	press(t, p, "Upgrade", "Upgrade")
	p.Until(t, `$('who').textContent.startsWith('generation 2 · pid ') && $('link').textContent === 'live'`)
	p.Until(t, `$('process').innerText.includes('replaced by process') && [...$('process').querySelectorAll('tbody tr')].length === 2`)
	p.Until(t, `$('journal').innerText.includes('now watching process')`)
	p.Until(t, `$('state').textContent.includes('ready') && $('steps').innerText.includes('orders database')`)
	p.Until(t, `$('process').querySelector('.moved')?.innerText.includes('handed over')`)
	p.Picture(t, "upgraded")

	// A page that is opened now shows what happened in generation 1.
	p.Do(t, chromedp.Reload())
	p.Until(t, live+` && $('journal').innerText.includes('restock done: ordered')`)

	// The drain: what is it waiting for?
	paid := s.checkout()
	p.Until(t, `$('numbers').innerText.includes('1\nrequest') || $('numbers').innerText.includes('1 request') || +$('numbers').children[1].querySelector('b').firstChild.textContent >= 1`)
	press(t, p, "Drain", "Drain and stop")
	p.Until(t, `!$('drain').hidden && $('drain').innerText.includes('1 request') && $('drain').querySelector('[aria-current=step]')?.textContent === 'drain' && $('drain').querySelector('progress')?.value > 0`)
	p.Until(t, `$('state').textContent.includes('draining') && $('ready').textContent.includes('admin (uid ') && $('stop').textContent === 'Stop now' && !$('stop').disabled`)
	p.Until(t, `/POST \/orders\/{id}\/checkout for [\d.]+ s/.test($('drain').innerText)`)
	if disabled := browser.Eval[int](t, p, `document.querySelectorAll('#tools button:disabled').length`); disabled != 5 {
		t.Errorf("%d buttons are disabled while it drains, want all 5 but Stop now", disabled)
	}
	p.Whole(t, "drain")
	p.Quiet(t)
	s.write("pay", "")
	if !<-paid {
		t.Error("the request that was waited for was not answered")
	}
	p.Until(t, `$('link').textContent.startsWith('not connected')`)
	<-s.gone
	onlyOurs(t, p, url)
}

// press uses a button as a person without a mouse does, and confirms.
func press(t *testing.T, p *browser.Tab, button, confirm string) {
	t.Helper()
	p.Do(t, chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	for range 12 {
		p.Do(t, chromedp.KeyEvent("\t"))
		if browser.Eval[string](t, p, `document.activeElement.textContent`) == button {
			break
		}
	}
	p.Do(t, chromedp.KeyEvent("\r"))
	p.Until(t, fmt.Sprintf(`$('ask').open && document.activeElement.textContent === 'Cancel' && document.getElementById('ask-yes').textContent === %q`, confirm))
	p.Do(t, chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"))
	p.Until(t, `!$('ask').open`)
}
