package grpcserver_test

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/grpc"
)

// echo is the loop that most handlers of streams have: it does not watch for a
// stop.
func echo(s testpb.TestService_FullDuplexCallServer) error {
	for {
		in, err := s.Recv()
		if errors.Is(err, io.EOF) {
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

func TestALoopOfRecvEndsWithTheStop(t *testing.T) {
	t.Setenv("APP_STOP_TIMEOUT", "3s")
	for name, reason := range map[string]app.Reason{
		"stop":    {Kind: app.Signalled, Signal: syscall.SIGTERM},
		"upgrade": {Kind: app.Replaced},
	} {
		t.Run(name, func(t *testing.T) {
			returned := make(chan error, 1)
			x := newApp(t, &service{stream: func(s testpb.TestService_FullDuplexCallServer) error {
				err := echo(s)
				returned <- err
				return err
			}}).Start()
			_, client := dial(t, x)
			stream, err := client.FullDuplexCall(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			exchange := func() error {
				if err := stream.Send(&testpb.StreamingOutputCallRequest{}); err != nil {
					return err
				}
				_, err := stream.Recv()
				return err
			}
			if err := exchange(); err != nil {
				t.Fatal(err)
			}
			x.App.Stop(reason)
			x.WaitState(app.StateDraining)
			if err := exchange(); err != nil {
				t.Errorf("a stream that is open goes on in the drain: %v", err)
			}
			_, err = stream.Recv()
			if got := status.Convert(err); got.Code() != codes.Unavailable || got.Message() != "the server is stopping" {
				t.Errorf("got %v, want Unavailable: the server is stopping", err)
			}
			if err := <-returned; status.Code(err) != codes.Unavailable {
				t.Errorf("Recv returned %v, want Unavailable", err)
			}
			if report := x.Wait(); report.Code != 0 || report.Counts()["cut"] != 0 || report.Counts()["drained"] != 1 {
				t.Errorf("got %v, want the stream drained", report)
			}
		})
	}
}

// A tool that inspects a service keeps its stream open, which is not work.
func TestReflectionEndsWithTheDrain(t *testing.T) {
	x := newApp(t, &service{}, grpcserver.Register(func(s grpc.ServiceRegistrar, gs *grpc.Server) {
		reflection.Register(s.(reflection.GRPCServer))
	})).Start()
	cc, _ := dial(t, x)
	stream, err := reflectionpb.NewServerReflectionClient(cc).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := &reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}
	if err := stream.Send(list); err != nil {
		t.Fatal(err)
	}
	if res, err := stream.Recv(); err != nil || len(res.GetListServicesResponse().GetService()) != 4 {
		t.Fatalf("got %v, %v, want the services", res, err)
	}
	x.Signal(syscall.SIGTERM)
	if _, err := stream.Recv(); status.Convert(err).Message() != "the server is stopping" {
		t.Errorf("got %v, want that the server is stopping", err)
	}
	report := x.Wait()
	if took := stepTook(report, app.Drain); took > 5*time.Second || report.Counts()["cut"] != 0 {
		t.Errorf("got %v after %v, want nothing cut, and soon", report, took)
	}
}

// The handler sees what grpc-go makes of it, not a stop.
func TestAClientThatGoesEndsItsStream(t *testing.T) {
	returned := make(chan error, 1)
	x := newApp(t, &service{stream: func(s testpb.TestService_FullDuplexCallServer) error {
		err := echo(s)
		returned <- err
		return err
	}}).Start()
	cc, client := dial(t, x)
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&testpb.StreamingOutputCallRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	cc.Close()
	if err := <-returned; status.Code(err) != codes.Canceled {
		t.Errorf("got %v, want Canceled", err)
	}
	if report := x.Stop(); report.Code != 0 || report.Counts()["cut"] != 0 {
		t.Errorf("got %v, want a stop with nothing to do", report)
	}
}
