// Command waitgroup ends as endless and grace do, and does nothing else. It counts
// connections, closes the listener, lets the responses under way end their
// connections, and waits until there are none.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gracefulfx/graceful/bench/handler"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", handler.Addr())
	if err != nil {
		log.Fatal(err)
	}
	var open sync.WaitGroup
	server := handler.Server()
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Done()
		}
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := handler.Serve(server, l); !errors.Is(err, net.ErrClosed) {
			log.Fatal(err)
		}
	}()

	<-ctx.Done()
	time.AfterFunc(5*time.Second, func() {
		log.Println("graceful shutdown timed out")
		os.Exit(1)
	})
	server.SetKeepAlivesEnabled(false)
	l.Close()
	<-served
	open.Wait()
}
