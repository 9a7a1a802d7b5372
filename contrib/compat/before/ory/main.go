// Shop answers requests, and stops by ory/graceful.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/ory/graceful"
)

func main() {
	server := graceful.WithDefaults(&http.Server{Addr: os.Getenv("ADDR"), Handler: newHandler()})
	err := graceful.Graceful(server.ListenAndServe, server.Shutdown)
	log.Println("ended:", err)
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
