//go:build unix

package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gracefulfx/graceful/e2e/browser"
)

func TestLook(t *testing.T) {
	p := browser.Open(t)
	s := start(t, "shop: {token: canary-5b1e}\n")
	p.Do(t, chromedp.Navigate(s.page()))
	p.Until(t, `document.getElementById("link").textContent === "live"`)
	time.Sleep(6 * time.Second)
	p.Size(t, 1280, 900)
	p.Whole(t, "desk")
	p.Size(t, 390, 844)
	p.Whole(t, "phone")
	p.Size(t, 1280, 900)
	s.write("shop.yaml", "shop: {max_items: 0, bannr: x}\n")
	s.checkout()
	time.Sleep(3 * time.Second)
	p.Do(t, chromedp.Evaluate[chromedp.Void](`fetch("/v1/stop",{method:"POST",headers:{Authorization:"Bearer "+sessionStorage.token}}) && 0`))
	time.Sleep(3 * time.Second)
	p.Whole(t, "drain")
	p.Quiet(t)
	s.write("pay", "")
}
