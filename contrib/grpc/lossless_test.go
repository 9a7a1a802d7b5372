package grpcserver_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/grpc"
)

// linger is much shorter than everything that these clients and handlers do: what
// GracefulStop waits for, a stop waits for.
const (
	linger  = 20 * time.Millisecond
	outlast = 40 * linger
)

// finishes stops x while a call is under way, or its response is, and expects the
// call to succeed.
func finishes(t *testing.T, x *apptest.App, call func() error) (report app.Report) {
	t.Helper()
	x.Signal(syscall.SIGTERM)
	x.WaitState(app.StateDraining)
	if err := call(); err != nil {
		t.Errorf("the call was lost: %v", err)
	}
	report = x.Wait()
	if got := report.Counts(); report.Code != 0 || got["cut"]+got["unresponsive"] != 0 {
		t.Errorf("got %v, want a clean stop that cut nothing", report)
	}
	return report
}

// drains is finishes for a call whose handler has not returned.
func drains(t *testing.T, x *apptest.App, call func() error) {
	t.Helper()
	if report := finishes(t, x, call); report.Counts()["drained"] != 1 {
		t.Errorf("got %v, want one call drained", report)
	}
}

func later(call func() error) (result func() error) {
	done := make(chan error, 1)
	go func() { done <- call() }()
	return func() error { return <-done }
}

// slowConn moves a few bytes at a time in one direction.
type slowConn struct {
	net.Conn
	read, write int // bytes at a time, 0 for all
	begun       chan struct{}
}

const slice = 5 * time.Millisecond

func (c *slowConn) Read(p []byte) (int, error) {
	if c.read > 0 {
		<-time.After(slice) // a slow line
		p = p[:min(len(p), c.read)]
	}
	return c.Conn.Read(p)
}

func (c *slowConn) Write(p []byte) (n int, err error) {
	for c.write > 0 && len(p) > c.write && err == nil {
		var m int
		m, err = c.Conn.Write(p[:c.write])
		n, p = n+m, p[m:]
		<-time.After(slice) // a slow line
		select {
		case c.begun <- struct{}{}:
		default:
		}
	}
	if err != nil {
		return n, err
	}
	m, err := c.Conn.Write(p)
	return n + m, err
}

func dialSlow(t *testing.T, x *apptest.App, read, write int) (c *slowConn, client testpb.TestServiceClient) {
	t.Helper()
	c = &slowConn{read: read, write: write, begun: make(chan struct{}, 1)}
	cc, err := grpc.NewClient("passthrough:///"+address(x), insecureCredentials(),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			if read > 0 {
				_ = nc.(*net.TCPConn).SetReadBuffer(4 * read)
			}
			c.Conn = nc
			return c, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cc.Close() })
	return c, testpb.NewTestServiceClient(cc)
}

// grpc-go reads the message of a unary call before any interceptor runs.
func TestASlowUploadFinishes(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", linger.String())
	x := newApp(t, &service{large: func(_ context.Context, in *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
		if n := len(in.Payload.Body); n != 1<<20 {
			t.Errorf("got %d bytes, want all", n)
		}
		return &testpb.SimpleResponse{}, nil
	}}).Start()
	c, client := dialSlow(t, x, 0, 4096)
	call := later(func() error {
		_, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{Payload: &testpb.Payload{Body: make([]byte, 1<<20)}})
		return err
	})
	for range 5 {
		<-c.begun
	}
	drains(t, x, call)
}

// The handler has returned when the client begins to read.
func TestASlowReaderGetsTheWholeResponse(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", linger.String())
	returned := make(chan struct{})
	x := newApp(t, &service{large: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
		defer close(returned)
		return &testpb.SimpleResponse{Payload: &testpb.Payload{Body: make([]byte, 3<<20)}}, nil
	}}).Start()
	_, client := dialSlow(t, x, 16<<10, 0)
	call := later(func() error {
		res, err := client.UnaryCall(t.Context(), &testpb.SimpleRequest{})
		if err == nil && len(res.Payload.Body) != 3<<20 {
			err = errors.New("the response is not whole")
		}
		return err
	})
	<-returned
	finishes(t, x, call)
}

// The handler has returned, the client answers GOAWAY and reads on when it likes:
// what is left waits for its HTTP/2 window, and no byte moves meanwhile.
func TestAClientThatPausesGetsTheRestOfAStream(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", linger.String())
	returned := make(chan struct{})
	const messages, size = 3, 32 << 10
	x := newApp(t, &service{stream: func(s testpb.TestService_FullDuplexCallServer) error {
		defer close(returned)
		for range messages {
			if err := s.Send(&testpb.StreamingOutputCallResponse{Payload: &testpb.Payload{Body: make([]byte, size)}}); err != nil {
				return err
			}
		}
		return nil
	}}).Start()
	_, client := dial(t, x, grpc.WithStaticStreamWindowSize(64<<10), grpc.WithStaticConnWindowSize(64<<10))
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-returned
	finishes(t, x, func() error {
		<-time.After(outlast) // it takes a break
		for range messages {
			if _, err := stream.Recv(); err != nil {
				return err
			}
		}
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			return err
		}
		return nil
	})
}

// slow holds the calls that get to it for longer than clients may linger.
func slow(begun chan<- struct{}) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		close(begun)
		<-time.After(outlast) // a slow interceptor
		return next(ctx, req)
	}
}

// An interceptor set with grpc.UnaryInterceptor runs before all that are chained.
func TestACallInAPlainInterceptorFinishes(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", linger.String())
	begun := make(chan struct{})
	x := newApp(t, &service{}, grpcserver.Options(grpc.UnaryInterceptor(slow(begun)))).Start()
	_, client := dial(t, x)
	call := later(func() error { _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); return err })
	<-begun
	drains(t, x, call)
}

// Its calls cannot be seen, so the drain waits for them as GracefulStop does, and
// the log says why nothing is counted.
func TestAServerWithoutOurOptionsDrains(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", linger.String())
	t.Setenv("APP_GRPC_ADDR", "127.0.0.1:0")
	begun := make(chan struct{})
	notes := make(chan app.Note, 100)
	x := apptest.New(t, grpcserver.Manage(func() *grpc.Server {
		gs := grpc.NewServer(grpc.UnaryInterceptor(slow(begun)))
		testpb.RegisterTestServiceServer(gs, &service{})
		return gs
	}), watchNotes(notes)).Start()
	_, client := dial(t, x)
	call := later(func() error { _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); return err })
	<-begun
	finishes(t, x, call)
	wantNote(t, notes, "calls cannot be seen")
}

// A successor has taken over: the calls of the old process finish in the same way.
func TestCallsFinishWhenTheProcessIsReplaced(t *testing.T) {
	t.Setenv("APP_GRPC_LINGER", linger.String())
	begun := make(chan struct{})
	x := newApp(t, &service{unary: func(ctx context.Context) error { close(begun); <-app.Draining(ctx); return nil }}).Start()
	_, client := dial(t, x)
	call := later(func() error { _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); return err })
	<-begun
	x.App.Stop(app.Reason{Kind: app.Replaced})
	if err := call(); err != nil {
		t.Errorf("the call was lost: %v", err)
	}
	if report := x.Wait(); report.Code != 0 || report.Counts()["drained"] != 1 {
		t.Errorf("got %v, want one call drained", report)
	}
}

func watchNotes(to chan<- app.Note) fx.Option {
	return fx.Invoke(func(a *app.App) {
		a.Observe(func(e app.Event) {
			if n, ok := e.(app.Noted); ok {
				to <- n.Note
			}
		})
	})
}

// wantNote returns the note that begins so, of those that have been made.
func wantNote(t *testing.T, notes <-chan app.Note, text string) app.Note {
	t.Helper()
	for {
		select {
		case n := <-notes:
			if strings.HasPrefix(n.Text, text) {
				return n
			}
		default:
			t.Errorf("no note said %q", text)
			return app.Note{}
		}
	}
}
