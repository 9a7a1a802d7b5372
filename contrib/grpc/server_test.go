package grpcserver_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/grpc"
	"github.com/gracefulfx/graceful/modules/config"
)

// Wherever a unary call panics, it is contained: in its handler, in an interceptor
// that is chained, and in a plain one, which runs before all others.
func TestAPanicIsAnAnswer(t *testing.T) {
	bug := func(context.Context, any, *grpc.UnaryServerInfo, grpc.UnaryHandler) (any, error) { panic("a bug") }
	for name, tc := range map[string]struct {
		unary func(context.Context) error
		opts  []grpc.ServerOption
	}{
		"handler":             {unary: func(context.Context) error { panic("a bug") }},
		"chained interceptor": {opts: []grpc.ServerOption{grpc.ChainUnaryInterceptor(bug)}},
		"plain interceptor":   {opts: []grpc.ServerOption{grpc.UnaryInterceptor(bug)}},
	} {
		t.Run(name, func(t *testing.T) {
			notes := make(chan app.Note, 100)
			x := newApp(t, &service{unary: tc.unary}, grpcserver.Options(tc.opts...), watchNotes(notes)).Start()
			_, client := dial(t, x)
			if _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "bug") {
				t.Errorf("got %v, want Internal without a word of the bug", err)
			}
			n := wantNote(t, notes, "panic in a handler")
			if n.Err == nil || n.Err.Error() != "a bug" || !strings.Contains(n.Attrs[1].Value.String(), "server_test.go") {
				t.Errorf("got %+v, want the panic and its stack", n)
			}
			for _, m := range x.Wiring().Metrics() {
				if m.Name == "grpc_panics_total" && m.Value != 1 {
					t.Errorf("got %v panics, want 1", m.Value)
				}
			}
		})
	}
}

func TestAPanicInAStreamIsAnAnswer(t *testing.T) {
	x := newApp(t, &service{stream: func(testpb.TestService_FullDuplexCallServer) error { panic("a bug") }}).Start()
	_, client := dial(t, x)
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Internal {
		t.Errorf("got %v, want Internal", err)
	}
	if report := x.Stop(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
}

func TestABusyPortFailsTheStart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	x := newApp(t, &service{}, config.WithSource(func(s *config.Source) {
		s.Environ = []string{"APP_HTTP_ADDR=127.0.0.1:0", "APP_GRPC_ADDR=" + ln.Addr().String()}
	}))
	if err := x.StartFails(); !strings.Contains(err.Error(), "grpc.addr: ") {
		t.Errorf("got %v, want the name of the setting", err)
	}
}

type brokenListener struct {
	net.Listener
	broken chan struct{}
}

func (l brokenListener) Accept() (net.Conn, error) {
	<-l.broken
	return nil, errors.New("out of luck")
}

type brokenSockets struct{ broken chan struct{} }

func (s brokenSockets) Listen(ctx context.Context, name, network, addr string) (net.Listener, error) {
	ln, err := app.OpenSockets().Listen(ctx, name, network, addr)
	return brokenListener{ln, s.broken}, err
}

func TestAServerThatCannotGoOnStopsTheApplication(t *testing.T) {
	sockets := brokenSockets{make(chan struct{})}
	x := newApp(t, &service{}, fx.Decorate(func(app.Sockets) app.Sockets { return sockets })).Start()
	close(sockets.broken)
	report := x.Wait()
	if report.Code != 1 || report.Reason.Kind != app.ServeFailed {
		t.Errorf("got %v, want exit code 1 because serving failed", report)
	}
}

func TestAServerThatTheApplicationMakes(t *testing.T) {
	t.Setenv("APP_GRPC_ADDR", "unix:"+filepath.Join(t.TempDir(), "grpc.sock"))
	x := apptest.NewCore(t, grpcserver.Manage(func(c *grpcserver.Calls) *grpc.Server {
		gs := grpc.NewServer(c.ServerOptions()...)
		testpb.RegisterTestServiceServer(gs, &service{})
		return gs
	})).Start()
	cc, err := grpc.NewClient("unix:"+x.Addresses()[0].Addr, insecureCredentials())
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	if _, err := testpb.NewTestServiceClient(cc).EmptyCall(t.Context(), &testpb.Empty{}); err != nil {
		t.Error(err)
	}
}

// A reload while a stream is open: the stream lives on and sees the new value.
func TestAStreamSeesAReload(t *testing.T) {
	type limits struct {
		Size int `config:"size"`
	}
	file := filepath.Join(t.TempDir(), "app.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("limits: {size: 1}\nhttp: {addr: 127.0.0.1:0}")
	var value *config.Value[limits]
	s := &service{stream: func(stream testpb.TestService_FullDuplexCallServer) error {
		for {
			if _, err := stream.Recv(); err != nil {
				return nil
			}
			size := int32(value.Get().Size)
			if err := stream.Send(&testpb.StreamingOutputCallResponse{Payload: &testpb.Payload{Body: make([]byte, size)}}); err != nil {
				return err
			}
		}
	}}
	x := newApp(t, s, config.Section[limits]("limits"), fx.Populate(&value),
		config.WithSource(func(s *config.Source) { s.Files, s.Manual = []string{file}, true })).Start()
	_, client := dial(t, x)
	stream, err := client.FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func() int {
		t.Helper()
		if err := stream.Send(&testpb.StreamingOutputCallRequest{}); err != nil {
			t.Fatal(err)
		}
		res, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return len(res.Payload.Body)
	}
	if got := ask(); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	write("limits: {size: 2}\nhttp: {addr: 127.0.0.1:0}")
	if _, err := x.Do(t.Context(), app.Request{Command: app.Reload}); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got != 2 {
		t.Errorf("got %d after the reload, want 2", got)
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
}

type limit struct{ bytes int }

// Options may need what the graph has.
func TestOptionsFromTheGraph(t *testing.T) {
	x := newApp(t, &service{large: func(context.Context, *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
		return &testpb.SimpleResponse{}, nil
	}},
		fx.Supply(limit{100}), grpcserver.OptionsFrom(func(l limit) []grpc.ServerOption {
			return []grpc.ServerOption{grpc.MaxRecvMsgSize(l.bytes)}
		})).Start()
	_, client := dial(t, x)
	in := &testpb.SimpleRequest{Payload: &testpb.Payload{Body: make([]byte, 200)}}
	if _, err := client.UnaryCall(t.Context(), in); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want a message over the limit refused", err)
	}
}

func TestRegisterRefusesWhatItCannotCall(t *testing.T) {
	for _, fn := range []any{nil, 1, func() {}, func(*service) {}, func(grpc.ServiceRegistrar) int { return 0 }, func(grpc.ServiceRegistrar, ...int) {}} {
		if err := fx.New(fx.NopLogger, grpcserver.Register(fn)).Err(); err == nil {
			t.Errorf("%T was accepted", fn)
		}
	}
	failing := func(grpc.ServiceRegistrar) error { return errors.New("no key") }
	err := fx.New(fx.NopLogger, app.Module, config.Module, grpcserver.Module, grpcserver.Register(failing)).Err()
	if err == nil || !strings.Contains(err.Error(), "no key") {
		t.Errorf("got %v, want the error of the registration", err)
	}
}
