// Command grpc-timeout is a gRPC server as most are ended: GracefulStop, and Stop
// when that takes more than three seconds.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

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
		late := time.AfterFunc(3*time.Second, s.Stop)
		defer late.Stop()
		s.GracefulStop()
	}()
	if err := s.Serve(ln); err != nil {
		log.Fatal(err)
	}
	<-stopped
}
