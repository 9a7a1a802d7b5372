package grpcserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/gracefulfx/graceful/app"
)

func TestCallsInFlightFinishWhenTheServerStops(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	x := newApp(t, &service{
		unary: func(context.Context) error {
			close(begun)
			<-release
			return nil
		},
		stream: func(s testpb.TestService_FullDuplexCallServer) error {
			if err := s.Send(&testpb.StreamingOutputCallResponse{}); err != nil {
				return err
			}
			<-app.Draining(s.Context()) // a stream that watches Draining ends by itself
			return s.Send(&testpb.StreamingOutputCallResponse{})
		},
	}).Start()
	_, client := dial(t, x)
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := client.EmptyCall(t.Context(), &testpb.Empty{})
		answered <- err
	}()
	<-begun

	x.Signal(syscall.SIGTERM)
	if _, err := stream.Recv(); err != nil {
		t.Errorf("the last message of a stream: %v", err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v at the end of a stream, want io.EOF", err)
	}
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("a call in flight: %v", err)
	}
	report := x.Wait()
	if got := report.Counts(); report.Code != 0 || got["cut"] != 0 || got["drained"] < 1 {
		t.Errorf("got %v, want a clean stop that drained", report)
	}
	if _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v after the end, want Unavailable", err)
	}
}

func TestAStreamThatDoesNotEndIsCut(t *testing.T) {
	t.Setenv("APP_STOP_TIMEOUT", "3s")
	for name, tc := range map[string]struct {
		deaf bool
		want string
		cut  int64
	}{
		"it ends with its context": {false, "the server is stopping", 0},
		"it does not":              {true, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var cause error
			end := make(chan struct{})
			notes := make(chan app.Note, 100)
			x := newApp(t, &service{stream: func(s testpb.TestService_FullDuplexCallServer) error {
				_ = s.Send(&testpb.StreamingOutputCallResponse{})
				if tc.deaf {
					<-end
					return nil
				}
				<-s.Context().Done()
				cause = context.Cause(s.Context())
				return s.Context().Err()
			}}, watchNotes(notes)).Start()
			_, client := dial(t, x)
			stream, err := client.FullDuplexCall(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
			x.Signal(syscall.SIGTERM)
			_, err = stream.Recv()
			if got := status.Convert(err); got.Code() != codes.Unavailable || tc.want != "" && got.Message() != tc.want {
				t.Errorf("got %v, want Unavailable %q", err, tc.want)
			}
			close(end)
			report := x.Wait()
			if got := report.Counts()["cut"]; got != tc.cut || report.Code != 0 {
				t.Errorf("got %v, want %d cut", report, tc.cut)
			}
			if tc.deaf {
				if n := wantNote(t, notes, "calls cut"); !strings.Contains(fmt.Sprint(n.Attrs), "1 × /grpc.testing.TestService/FullDuplexCall (oldest ") {
					t.Errorf("got %v, want the method of the call", n.Attrs)
				}
			}
			var reason *app.Reason
			if !tc.deaf && (!errors.As(cause, &reason) || reason.Signal != syscall.SIGTERM) {
				t.Errorf("got cause %v, want the reason of the stop", cause)
			}
		})
	}
}

// grpc.Server alone waits two minutes for it, in Stop, too.
func TestAConnectionThatSaysNothingHoldsUpNoStop(t *testing.T) {
	x := newApp(t, &service{}).Start()
	nc, err := net.Dial("tcp", address(x))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// The server sends its settings first; then the connection has been accepted.
	if _, err := nc.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	x.Signal(syscall.SIGTERM)
	if took := stepTook(x.Wait(), app.Drain); took > 2*time.Second {
		t.Errorf("got a drain of %v, want much less", took)
	}
}

// A client that has sent its preface and then vanishes.
func TestAClientThatDoesNotLeaveLingersOnly(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", "50ms")
	x := newApp(t, &service{}).Start()
	nc, err := net.Dial("tcp", address(x))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(nc, make([]byte, 9)); err != nil {
		t.Fatal(err)
	}
	x.Signal(syscall.SIGTERM)
	if took := stepTook(x.Wait(), app.Drain); took > 3*time.Second {
		t.Errorf("got a drain of %v, want the time to linger", took)
	}
}

func stepTook(r app.Report, p app.Phase) time.Duration {
	for _, s := range r.Steps {
		if s.Way == "down" && s.Phase == p && s.Name == "grpc" {
			return s.Took
		}
	}
	return -1
}

func TestHealthGoesRedBeforeAnythingEnds(t *testing.T) {
	announced, release := make(chan struct{}), make(chan struct{})
	x := newApp(t, &service{unary: func(context.Context) error { close(announced); <-release; return nil }}).Start()
	cc, client := dial(t, x)
	watch, err := healthpb.NewHealthClient(cc).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: "grpc.testing.TestService"})
	if err != nil {
		t.Fatal(err)
	}
	next := func() healthpb.HealthCheckResponse_ServingStatus {
		t.Helper()
		res, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return res.Status
	}
	if got := next(); got != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v when ready, want SERVING", got)
	}
	answered := make(chan error, 1)
	go func() { _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); answered <- err }()
	<-announced
	x.Signal(syscall.SIGTERM)
	if got := next(); got != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("got %v while draining, want NOT_SERVING", got)
	}
	if _, err := watch.Recv(); err == nil {
		t.Error("the watch did not end")
	}
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if report := x.Wait(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
}

func TestASecondSignalHurries(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	x := newApp(t, &service{unary: func(context.Context) error { close(begun); <-end; return nil }}).Start()
	_, client := dial(t, x)
	answered := make(chan error, 1)
	go func() { _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); answered <- err }()
	<-begun
	x.Signal(os.Interrupt)
	x.WaitState(app.StateDraining)
	x.Hurry(app.Reason{By: "second signal"}) // two at once would be one wish
	if err := <-answered; status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	close(end)
	if got := x.Wait().Counts()["cut"]; got != 1 {
		t.Errorf("got %d cut, want 1", got)
	}
}
