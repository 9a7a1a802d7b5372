// Command grpc-graceful is a gRPC server of this project.
package main

import (
	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/bench/rpc"
	grpcserver "github.com/gracefulfx/graceful/contrib/grpc"
)

func main() {
	graceful.Run(graceful.Name("bench"), grpcserver.Module, grpcserver.Register(rpc.Register))
}
