// Shop answers requests and sends mails.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
)

func main() {
	cli.Main("shop",
		fx.Provide(newHandler),
		fx.Invoke(func(a *app.App) {
			a.Go("mailer", sendMails)                        // its death ends the program, exit code 1
			a.Go("feed", follow, app.Restart(app.Backoff{})) // this one is started again
			a.At(app.Announce, "registry", deregister)       // before the door shuts
		}),
	)
}

func sendMails(ctx context.Context) error {
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil // or ctx.Err(): after a stop has begun it is no failure
		case <-time.After(100 * time.Millisecond):
			log.Println("mails sent:", n)
		}
	}
}

func follow(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(time.Second):
		return fmt.Errorf("the feed has ended")
	}
}

func deregister(context.Context) error { log.Println("deregistered"); return nil }

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
