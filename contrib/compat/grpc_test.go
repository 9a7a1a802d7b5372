package compat

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

type todos struct {
	testpb.UnimplementedTestServiceServer
	begun chan struct{}
}

// EmptyCall ends when the stop has begun.
func (s todos) EmptyCall(ctx context.Context, _ *testpb.Empty) (*testpb.Empty, error) {
	close(s.begun)
	<-app.Draining(ctx)
	return &testpb.Empty{}, nil
}

func TestGRPCAndHTTPOnOnePort(t *testing.T) {
	s := todos{begun: make(chan struct{})}
	x := apptest.New(t, h2c, fx.Provide(newBoth,
		func() *grpc.Server {
			gs := grpc.NewServer()
			testpb.RegisterTestServiceServer(gs, s)
			return gs
		},
		fx.Annotate(func() *http.ServeMux {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
			return mux
		}),
	)).Start()
	cc, err := grpc.NewClient("passthrough:///"+strings.TrimPrefix(x.URL("http"), "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	res, err := x.Client().Get(x.URL("http") + "/hello")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || string(body) != "hello" {
		t.Errorf("got %q, %v over HTTP", body, err)
	}
	called := make(chan error, 1)
	go func() {
		_, err := testpb.NewTestServiceClient(cc).EmptyCall(t.Context(), &testpb.Empty{})
		called <- err
	}()
	<-s.begun
	x.Signal(syscall.SIGTERM)
	if err := <-called; err != nil {
		t.Errorf("a call in flight when the stop came: %v", err)
	}
	if report := x.Wait(); report.Code != 0 || report.Counts()["cut"] != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
}
