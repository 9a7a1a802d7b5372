//go:build unix

// Command grace is the demo of github.com/facebookgo/grace at its last commit
// (2018): SIGUSR2 starts the new process, which stops the old one when it serves.
// The old one waits for its connections for a minute, which cannot be changed.
package main

import (
	"log"

	"github.com/facebookgo/grace/gracehttp"

	"github.com/gracefulfx/graceful/bench/handler"
)

func main() {
	server := handler.Server()
	server.Addr = handler.Addr()
	if err := gracehttp.Serve(server); err != nil {
		log.Fatal(err)
	}
}
