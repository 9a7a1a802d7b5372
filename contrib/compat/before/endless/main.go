//go:build unix

// Shop answers requests, and restarts by endless.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/fvbock/endless"
)

func main() {
	endless.DefaultHammerTime = 60 * time.Second
	endless.DefaultReadTimeOut = 10 * time.Second
	endless.DefaultWriteTimeOut = 30 * time.Second
	endless.DefaultMaxHeaderBytes = 1 << 16
	srv := endless.NewServer(os.Getenv("ADDR"), newHandler())
	srv.BeforeBegin = func(addr string) { log.Println(addr, syscall.Getpid()) }
	srv.RegisterSignalHook(endless.PRE_SIGNAL, syscall.SIGHUP, func() { log.Println("about to restart") })
	srv.RegisterSignalHook(endless.POST_SIGNAL, syscall.SIGHUP, func() { log.Println("restarted") })
	log.Println(srv.ListenAndServe())
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
