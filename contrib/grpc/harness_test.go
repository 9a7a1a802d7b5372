package grpcserver_test

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/grpc"
)

// service is a service whose methods the test sets.
type service struct {
	testpb.UnimplementedTestServiceServer
	unary  func(context.Context) error
	large  func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error)
	stream func(testpb.TestService_FullDuplexCallServer) error
}

func (s *service) EmptyCall(ctx context.Context, _ *testpb.Empty) (*testpb.Empty, error) {
	if s.unary == nil {
		return &testpb.Empty{}, nil
	}
	return &testpb.Empty{}, s.unary(ctx)
}

func (s *service) UnaryCall(ctx context.Context, in *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	return s.large(ctx, in)
}

func (s *service) FullDuplexCall(stream testpb.TestService_FullDuplexCallServer) error {
	return s.stream(stream)
}

// newApp returns an application that serves s.
func newApp(t *testing.T, s *service, opts ...fx.Option) *apptest.App {
	t.Helper()
	return newAppAt(t, "127.0.0.1:0", s, opts...)
}

func newAppAt(t *testing.T, addr string, s *service, opts ...fx.Option) *apptest.App {
	t.Helper()
	t.Setenv("APP_GRPC_ADDR", addr)
	return apptest.New(t, grpcserver.Module, fx.Supply(s), fx.Options(opts...),
		grpcserver.Register(func(r grpc.ServiceRegistrar, s *service) { testpb.RegisterTestServiceServer(r, s) }))
}

func address(x *apptest.App) string { return strings.TrimPrefix(x.URL("grpc"), "http://") }

// dial returns a client with a connection.
func dial(t *testing.T, x *apptest.App, opts ...grpc.DialOption) (*grpc.ClientConn, testpb.TestServiceClient) {
	t.Helper()
	cc, err := grpc.NewClient("passthrough:///"+address(x), append(opts, insecureCredentials())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cc.Close() })
	return cc, testpb.NewTestServiceClient(cc)
}

func insecureCredentials() grpc.DialOption {
	return grpc.WithTransportCredentials(insecure.NewCredentials())
}
