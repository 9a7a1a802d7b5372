//go:build unix

// Command endless is the example of github.com/fvbock/endless at its last commit
// (2017): SIGHUP starts the new process, which stops the old one before it serves.
// Connections that do not end are cut after 5 s as for the others, instead of 60 s.
package main

import (
	"log"
	"os"
	"time"

	"github.com/fvbock/endless"

	"github.com/gracefulfx/graceful/bench/handler"
)

func main() {
	endless.DefaultHammerTime = 5 * time.Second
	usual := handler.Server()
	srv := endless.NewServer(handler.Addr(), usual.Handler)
	srv.ReadHeaderTimeout = usual.ReadHeaderTimeout
	srv.IdleTimeout = usual.IdleTimeout
	srv.MaxHeaderBytes = usual.MaxHeaderBytes
	if cert := os.Getenv(handler.EnvCert); cert != "" {
		log.Print(srv.ListenAndServeTLS(cert, os.Getenv(handler.EnvKey)))
		return
	}
	log.Print(srv.ListenAndServe())
}
