// Package browser opens pages in a headless chromium (Debian: apt-get install
// chromium), for tests of pages. Without chromium they are skipped, except under
// CI. Each Tab has a browser to itself.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long anything may take before the test gives up. It measures
// nothing.
const patience = 30 * time.Second

// Tab is a page in a headless browser. Its methods end the test when something does
// not work, and keep a screenshot.
type Tab struct {
	context.Context

	mu       sync.Mutex
	console  []string
	requests []string
}

// Open starts a browser with one empty tab.
func Open(t *testing.T) *Tab {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is not installed: apt-get install chromium")
		}
		t.Skip("chromium is not installed: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, // CI is root in a container
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &Tab{Context: ctx}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1000, 760)); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			p.mu.Lock()
			p.console = append(p.console, m.String())
			p.mu.Unlock()
		}
	}()
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	sent := chromedp.Events(ctx, network.RequestWillBeSent)
	go func() {
		for e, err := range sent {
			if err != nil {
				return
			}
			p.mu.Lock()
			p.requests = append(p.requests, e.Request.URL)
			p.mu.Unlock()
		}
	}()
	return p
}

// Do runs steps of chromedp, one after another.
func (p *Tab) Do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.Picture(t, "failed")
		t.Fatal(err)
	}
}

// Until waits for a JavaScript expression to be true.
func (p *Tab) Until(t *testing.T, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
		p.Picture(t, "failed")
		t.Fatalf("waiting for %s: %v", expression, err)
	}
}

// Eval returns the value of a JavaScript expression; of a promise, its result.
func Eval[T any](t *testing.T, p *Tab, expression string) T {
	t.Helper()
	v, err := chromedp.Run(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Quiet checks that the console is empty.
func (p *Tab) Quiet(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.console {
		t.Errorf("the console says: %s", m)
	}
	p.console = nil
}

// Forget empties the console.
func (p *Tab) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.console = nil
}

// Picture keeps a screenshot, for people; see go test -artifacts.
func (p *Tab) Picture(t *testing.T, name string) {
	t.Helper()
	p.keep(t, name, chromedp.CaptureScreenshot())
}

func (p *Tab) keep(t *testing.T, name string, shot chromedp.Action[[]byte]) {
	t.Helper()
	png, err := chromedp.Run(p, shot)
	if err == nil {
		err = os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), png, 0o644)
	}
	if err != nil {
		t.Logf("no picture %s: %v", name, err)
	}
}

// Scheme makes the browser prefer light or dark.
func (p *Tab) Scheme(t *testing.T, value string) {
	t.Helper()
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}}
	if _, err := chromedp.Call(p, emulation.SetEmulatedMedia, params); err != nil {
		t.Fatal(err)
	}
}

// Size sets the size of the window, such as 390, 844 for a phone.
func (p *Tab) Size(t *testing.T, width, height int64) {
	t.Helper()
	p.Do(t, chromedp.EmulateViewport(width, height))
}

// Requests returns the addresses of all requests.
func (p *Tab) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Whole keeps a screenshot of the page from top to bottom; see Picture.
func (p *Tab) Whole(t *testing.T, name string) {
	t.Helper()
	p.keep(t, name, chromedp.FullScreenshot(100))
}
