//go:build unix

package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/gracefulfx/graceful/e2e/browser"
)

// One person with one page open, from the first todo to the restart of the service.
// The steps build on each other.
func TestThePageFollowsAWholeLife(t *testing.T) {
	p := browser.Open(t) // first: without a browser nothing else is needed
	s := build(t)
	s.configure(t, "ui: {title: Groceries}\n")
	s.start(t)

	// It says what it is, and that there is nothing.
	p.Do(t, chromedp.Navigate("http://"+s.addr))
	p.Until(t, `title.textContent === 'Groceries' && document.title === 'Groceries' && !empty.hidden`)
	p.Until(t, fmt.Sprintf(`badge.textContent === 'generation 1 · pid %d · config 1'`, s.pid))
	p.Picture(t, "empty")

	// The keyboard is enough: type, Enter, Tab, Space.
	p.Do(t, chromedp.SendKeys("#new", "milk\n"))
	p.Until(t, `list.children.length === 1 && count.textContent === '1 to do'`)
	p.Do(t, chromedp.SendKeys("#new", "bread\n"))
	p.Until(t, `list.children.length === 2 && list.children[0].innerText.includes('bread') && document.activeElement.id === 'new'`)
	p.Do(t, chromedp.Focus(`li:nth-child(2) input`), chromedp.KeyEvent(" "))
	p.Until(t, `count.textContent === '1 to do' && document.querySelector('li:nth-child(2) input').checked`)
	p.Do(t, chromedp.Focus(`li:nth-child(1) button`), chromedp.KeyEvent("\r"))
	p.Until(t, `list.children.length === 1 && document.activeElement.type === 'checkbox'`)

	// Filters.
	p.Do(t, chromedp.Click(`#filter label:nth-of-type(2)`))
	p.Until(t, `list.children.length === 0 && empty.textContent === 'Nothing is open.'`)
	p.Do(t, chromedp.Click(`#filter label:nth-of-type(3)`))
	p.Until(t, `list.children.length === 1`)
	p.Do(t, chromedp.Click(`#filter label:nth-of-type(1)`))

	// Markup stays text, wherever it comes from.
	p.Do(t, chromedp.SendKeys("#new", "<img src=x onerror=alert(1)>\n"))
	p.Until(t, `list.innerText.includes('<img src=x onerror=alert(1)>') && !list.querySelector('img')`)

	// A reload changes the page under the person's eyes.
	s.configure(t, "ui: {title: '<b>Shopping</b>'}\nlimits: {max_todos: 2}\n")
	s.signal(t, syscall.SIGHUP)
	p.Until(t, `title.textContent === '<b>Shopping</b>' && revision.textContent === '2' && revision.className === 'news'`)
	p.Picture(t, "reload")
	p.Quiet(t)
	p.Do(t, chromedp.SendKeys("#new", "jam\n"))
	p.Until(t, `$('notice').textContent.includes('The list is full') && $('new').value === 'jam'`)
	p.Picture(t, "full")
	p.Forget() // the browser itself reports the 409

	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(t, scheme)
		p.Picture(t, scheme)
	}

	// An upgrade under a write every 10 ms: none fails, the badge changes, the
	// stream goes on.
	t.Run("upgrade", func(t *testing.T) {
		from := s.lines()
		s.configure(t, "ui: {title: Shopping}\n")
		s.signal(t, syscall.SIGHUP)
		p.Until(t, `title.textContent === 'Shopping'`)
		browser.Eval[chromedp.Void](t, p, writer)
		p.Until(t, `window.written > 20`)
		s.signal(t, syscall.SIGUSR2)
		line := s.await(t, from, "upgrade refused", `"generation":2`)
		upgraded := strings.Contains(line, `"generation":2`)
		if upgraded {
			s.pid = pidOf(t, s.await(t, from, `"msg":"ready"`))
			p.Until(t, fmt.Sprintf(`badge.textContent === 'generation 2 · pid %d · config 1' && $('live').className === 'on'`, s.pid))
			p.Until(t, `(mark => window.written > mark + 20)(window.mark ??= window.written)`)
		}
		browser.Eval[chromedp.Void](t, p, `clearInterval(window.writer)`)
		p.Until(t, `window.written + window.failed === window.sent`)
		if failed := browser.Eval[int](t, p, `window.failed`); failed != 0 {
			t.Errorf("got %d failed writes of %d, want 0", failed, browser.Eval[int](t, p, `window.sent`))
		}
		p.Until(t, `todos.size === window.written + 2`) // all of them came back through the stream
		if !upgraded {
			t.Fatal("this build has no upgrade: " + line)
		}
		p.Picture(t, "upgrade")
		p.Quiet(t)
	})

	t.Run("stream", func(t *testing.T) { streamLivesOn(t, p, s) })

	// A stop and a start: the page waits, comes back by itself, and what was
	// clicked meanwhile gets done.
	before := browser.Eval[int](t, p, `todos.size`)
	s.stop(t)
	p.Until(t, `$('live').className === '' && $('live').innerText === 'reconnecting'`)
	p.Picture(t, "reconnecting")
	p.Do(t, chromedp.Clear("#new"), chromedp.SendKeys("#new", "added while nobody was there\n"))
	s.configure(t, "ui: {title: Back}\n")
	s.start(t)
	p.Until(t, fmt.Sprintf(`title.textContent === 'Back' && pid.textContent === '%d'`, s.pid))
	p.Until(t, fmt.Sprintf(`todos.size === %d && list.innerText.includes('added while nobody was there')`, before+1))
	s.stop(t)
}

// streamLivesOn upgrades ten times under one EventSource: it opens once, sees no
// error, and gets every event.
func streamLivesOn(t *testing.T, p *browser.Tab, s *service) {
	const upgrades = 10
	browser.Eval[chromedp.Void](t, p, watcher)
	p.Until(t, `window.watched.opened === 1`)
	generation := browser.Eval[int](t, p, `+$('generation').textContent`)
	browser.Eval[chromedp.Void](t, p, writer)
	for until := generation + upgrades; generation < until; generation++ {
		next, from := fmt.Sprintf(`"generation":%d,`, generation+1), 0
		for upgraded := false; !upgraded; { // the one before may still drain
			from = s.lines()
			s.signal(t, syscall.SIGUSR2)
			upgraded = strings.Contains(s.await(t, from, "upgrade refused", next), next)
		}
		s.pid = pidOf(t, s.await(t, from, `"msg":"ready"`))
		p.Until(t, fmt.Sprintf(`window.watched.generation === %d && $('generation').textContent === '%d'`, generation+1, generation+1))
	}
	browser.Eval[chromedp.Void](t, p, `clearInterval(window.writer)`)
	p.Until(t, `window.written + window.failed === window.sent && window.watched.seen.length === window.written`)
	got := browser.Eval[string](t, p, `JSON.stringify({opened: watched.opened, errors: watched.errors, failed: window.failed})`)
	if want := `{"opened":1,"errors":0,"failed":0}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !browser.Eval[bool](t, p, `watched.seen.every((id, i) => i === 0 || id === watched.seen[i-1] + 1)`) {
		t.Error("the ids are not in sequence")
	}
	p.Quiet(t)
	browser.Eval[chromedp.Void](t, p, `watched.source.close()`)
}

// watcher counts what becomes of an EventSource beside that of the page.
const watcher = `
	window.watched = {opened: 0, errors: 0, seen: [], generation: 0, source: new EventSource('/api/events')}
	watched.source.onopen = () => watched.opened++
	watched.source.onerror = () => watched.errors++
	watched.source.addEventListener('created', event => watched.seen.push(+event.lastEventId))
	watched.source.addEventListener('status', event => watched.generation = JSON.parse(event.data).generation)`

// writer adds a todo every 10 ms and counts.
const writer = `
	window.sent = window.written = window.failed = 0
	window.writer = setInterval(() => {
		window.sent++
		fetch('/api/todos', {method: 'POST', body: '{"title":"written"}', headers: {'Content-Type': 'application/json'}})
			.then(answer => answer.ok ? window.written++ : window.failed++, () => window.failed++)
	}, 10)`
