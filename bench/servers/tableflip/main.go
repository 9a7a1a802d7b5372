// Command tableflip is the example of github.com/cloudflare/tableflip v1.2.3
// ("graceful shutdown with net/http"): SIGHUP upgrades, and the old process
// calls Shutdown. SIGTERM, which the example leaves out, stops the upgrader, and
// the time for Shutdown is 5 s as for the others, instead of 30 s.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"

	"github.com/gracefulfx/graceful/bench/handler"
)

func main() {
	upg, err := tableflip.New(tableflip.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer upg.Stop()

	go func() {
		sig := make(chan os.Signal, 1)
		signal.Notify(sig, syscall.SIGHUP, syscall.SIGTERM)
		for s := range sig {
			if s == syscall.SIGTERM {
				upg.Stop()
			} else if err := upg.Upgrade(); err != nil {
				log.Println("upgrade failed:", err)
			}
		}
	}()

	// Listen must be called before Ready.
	l, err := upg.Listen("tcp", handler.Addr())
	if err != nil {
		log.Fatal(err)
	}
	server := handler.Server()
	server.Handler = handler.WithSockets(server.Handler, func(*http.Request) {})
	go func() {
		if err := handler.Serve(server, l); !errors.Is(err, http.ErrServerClosed) {
			log.Println("serve:", err)
		}
	}()
	if err := upg.Ready(); err != nil {
		log.Fatal(err)
	}
	<-upg.Exit()

	time.AfterFunc(5*time.Second, func() {
		log.Println("graceful shutdown timed out")
		os.Exit(1)
	})
	server.Shutdown(context.Background())
}
