//go:build unix

// Shop answers requests, and restarts by grace.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/facebookgo/grace/gracehttp"
)

func main() {
	log.Println(gracehttp.ServeWithOptions(
		[]*http.Server{{Addr: os.Getenv("ADDR"), Handler: newHandler()}},
		gracehttp.PreStartProcess(prepare),
	))
}

func prepare() error {
	_, err := os.Stat("prepared")
	return err
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
