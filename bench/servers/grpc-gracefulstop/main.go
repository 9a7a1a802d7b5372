// Command grpc-gracefulstop is a gRPC server as its documentation ends it:
// GracefulStop on SIGTERM.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"

	"github.com/gracefulfx/graceful/bench/rpc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ln, err := rpc.Listen()
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer()
	rpc.Register(s)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		s.GracefulStop()
	}()
	if err := s.Serve(ln); err != nil {
		log.Fatal(err)
	}
	<-stopped
}
