//go:build unix

package e2e

import (
	"context"
	"flag"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/gracefulfx/graceful/e2e/browser"
)

var picture = flag.String("picture", "", "make the picture of the README, about two minutes, and write it to that file")

// In the picture the shop has had an upgrade and a new configuration, and drains.
func TestPictureOfTheREADME(t *testing.T) {
	if *picture == "" {
		t.Skip("only with -picture")
	}
	p := browser.Open(t)
	s := start(t, "shop: {banner: Everything must go}\n")
	ctx, stop := context.WithCancel(t.Context())
	for range 6 { // more customers at some times than at others
		s.load.Go(func() {
			for ctx.Err() == nil {
				if resp, err := http.Get("http://" + s.addr + "/items/7"); err == nil {
					resp.Body.Close()
				}
				busy := 40 + 30*time.Duration(time.Now().Unix()%20)
				_ = took(ctx, time.Duration(rand.Int64N(int64(busy*time.Millisecond/4))))
			}
		})
	}
	p.Size(t, 1280, 900)
	visit(t, p, s.page())
	_ = took(ctx, 20*time.Second)
	press(t, p, "Upgrade", "Upgrade")
	p.Until(t, `$('who').textContent.startsWith('generation 2 · pid ') && $('link').textContent === 'live'`)
	_ = took(ctx, 5*time.Second)
	s.write("shop.yaml", "shop:\n  banner: Spring sale\n  max_items: 30\n")
	p.Until(t, `$('config').innerText.includes('"Spring sale"')`)
	_ = took(ctx, 30*time.Second)
	for range 3 {
		s.checkout()
		_ = took(ctx, 1700*time.Millisecond)
	}
	press(t, p, "Drain", "Drain and stop")
	_ = took(ctx, 6*time.Second)
	browser.Eval[chromedp.Void](t, p, `$('outcome').hidden = true, document.activeElement.blur()`)
	png, err := chromedp.Run(p, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(*picture, png, 0o644)
	}
	if err != nil {
		t.Error(err)
	}
	stop()
	s.write("pay", "")
}
