package grpcserver_test

import (
	"context"
	"fmt"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/grpc"
	"github.com/gracefulfx/graceful/modules/config"
)

type pinger struct {
	testpb.UnimplementedTestServiceServer
}

func (pinger) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, nil
}

func newPinger() *pinger { return &pinger{} }

func Example() {
	var server *grpc.Server
	fx.New(fx.NopLogger,
		graceful.Core, // or Module, which serves HTTP beside it
		grpcserver.Module,
		grpcserver.Options(grpc.MaxConcurrentStreams(100)),
		fx.Provide(newPinger),
		grpcserver.Register(func(s grpc.ServiceRegistrar, p *pinger) { testpb.RegisterTestServiceServer(s, p) }),
		config.WithSource(func(s *config.Source) { s.Environ = []string{"APP_GRPC_ADDR=127.0.0.1:0"} }),
		fx.Populate(&server),
	)
	for name := range server.GetServiceInfo() {
		if name == "grpc.testing.TestService" {
			fmt.Println(name)
		}
	}
	// Output: grpc.testing.TestService
}
