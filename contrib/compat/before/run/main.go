// Shop answers requests and sends mails; what ends first ends the other.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/oklog/run"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	srv := &http.Server{Addr: os.Getenv("ADDR"), Handler: newHandler()}
	var g run.Group
	g.Add(func() error { return sendMails(ctx) }, func(error) { cancel() })
	g.Add(srv.ListenAndServe, func(error) { srv.Shutdown(context.Background()) })
	g.Add(run.SignalHandler(ctx, os.Interrupt, syscall.SIGTERM))
	log.Println(g.Run())
}

func sendMails(ctx context.Context) error {
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
			log.Println("mails sent:", n)
		}
	}
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
