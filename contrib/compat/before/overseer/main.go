// Shop answers requests below overseer, which fetches new programs.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/jpillora/overseer"
	"github.com/jpillora/overseer/fetcher"
)

func main() {
	overseer.Run(overseer.Config{
		Address: os.Getenv("ADDR"),
		Fetcher: &fetcher.File{Path: "incoming/shop", Interval: time.Second},
		Program: func(state overseer.State) {
			srv := &http.Server{Handler: newHandler()}
			go srv.Serve(state.Listener)
			<-state.GracefulShutdown
		},
	})
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
