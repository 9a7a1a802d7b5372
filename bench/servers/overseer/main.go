// Command overseer is the example of github.com/jpillora/overseer v1.1.6 ("only
// use graceful restarts"): SIGUSR2 to the master restarts the program, which
// serves with http.Serve and does nothing about SIGTERM. Only the time that an
// old program may take differs: 5 s as for the others, instead of 30 s.
package main

import (
	"log"
	"time"

	"github.com/jpillora/overseer"

	"github.com/gracefulfx/graceful/bench/handler"
)

func main() {
	overseer.Run(overseer.Config{
		Program:          program,
		Address:          handler.Addr(),
		TerminateTimeout: 5 * time.Second,
	})
}

func program(state overseer.State) {
	log.Print(handler.Serve(handler.Server(), state.Listener))
}
