package httpserver_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// grpcServer is what the recipe needs of a *grpc.Server.
type grpcServer interface {
	Serve(net.Listener) error
	GracefulStop() // closes the listeners, sends GOAWAY, waits for the streams
	Stop()         // cuts what is left
}

// serveGRPC puts a gRPC server through the phases in which HTTP is served. Copy it:
// the module does not depend on gRPC.
func serveGRPC(a *app.App, server grpcServer, addr string) {
	var ln net.Listener
	drained := make(chan struct{})
	a.Add(app.Hook{
		Name: "grpc", StartIn: app.Bind, StopIn: app.Unbind,
		OnStart: func(ctx context.Context) (err error) {
			ln, err = app.OpenSockets().Listen(ctx, "grpc", "tcp", addr)
			return err
		},
		OnStop: func(context.Context) error {
			go func() { defer close(drained); server.GracefulStop() }()
			return ln.Close() // GracefulStop does it too; here it is closed before Unbind is over
		},
	})
	a.Add(app.Hook{
		Name: "grpc", StartIn: app.Serve, StopIn: app.Drain,
		OnStart: func(context.Context) error {
			go func() {
				if err := server.Serve(ln); err != nil && a.State() <= app.StateReady {
					a.Stop(app.Reason{Kind: app.ServeFailed, By: "grpc", Err: err})
				}
			}()
			return nil
		},
		OnStop: func(ctx context.Context) error {
			select {
			case <-drained:
			case <-ctx.Done():
				server.Stop()
				<-drained
			}
			return nil
		},
	})
}

// fakeGRPC drains when its stream ends or it is stopped.
type fakeGRPC struct {
	stream   chan struct{}
	draining chan struct{} // closed when GracefulStop has begun
	stopped  chan struct{}

	mu    sync.Mutex
	calls []string
}

func (f *fakeGRPC) call(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
}

func (f *fakeGRPC) Serve(ln net.Listener) error { _, err := ln.Accept(); return err }
func (f *fakeGRPC) Stop()                       { f.call("Stop"); close(f.stopped) }
func (f *fakeGRPC) GracefulStop() {
	f.call("GracefulStop")
	close(f.draining)
	select {
	case <-f.stream:
	case <-f.stopped:
	}
}

func TestRecipeForGRPC(t *testing.T) {
	for _, hurried := range []bool{false, true} {
		f := &fakeGRPC{stream: make(chan struct{}), draining: make(chan struct{}), stopped: make(chan struct{})}
		a := app.New("test")
		serveGRPC(a, f, anyPort)
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		want := []string{"GracefulStop"}
		if hurried {
			want = append(want, "Stop")
			<-f.draining // GracefulStop runs beside the plan
			a.Hurry(app.Reason{})
		} else {
			close(f.stream)
		}
		report, err := a.Wait(t.Context())
		if err != nil || !slices.Equal(f.calls, want) {
			t.Errorf("hurried %v: got %v, %v (%v), want %v", hurried, f.calls, err, report, want)
		}
	}
}
