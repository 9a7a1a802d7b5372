// Package rpc is the gRPC service of the comparison, and its clients.
package rpc

import (
	"context"
	"io"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"
)

// EnvAddr is where a server listens; also the name that graceful looks for.
const EnvAddr = "BENCH_GRPC_ADDR"

// Service is what every server serves.
type Service struct {
	testpb.UnimplementedTestServiceServer
}

// UnaryCall takes 20 ms and answers with as many bytes as were requested.
func (Service) UnaryCall(_ context.Context, in *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	time.Sleep(20 * time.Millisecond)
	return &testpb.SimpleResponse{Payload: &testpb.Payload{Body: make([]byte, in.ResponseSize)}}, nil
}

// EmptyCall answers at once.
func (Service) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return &testpb.Empty{}, nil
}

// FullDuplexCall answers each message until the client ends the stream.
func (Service) FullDuplexCall(s testpb.TestService_FullDuplexCallServer) error {
	for {
		in, err := s.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.Send(&testpb.StreamingOutputCallResponse{Payload: in.Payload}); err != nil {
			return err
		}
	}
}

// Register adds the service to a server.
func Register(s grpc.ServiceRegistrar) { testpb.RegisterTestServiceServer(s, Service{}) }

// Listen listens where the environment says.
func Listen() (net.Listener, error) { return net.Listen("tcp", os.Getenv(EnvAddr)) }
