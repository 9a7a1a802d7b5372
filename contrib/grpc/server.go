package grpcserver

import (
	"context"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/gracefulfx/graceful/app"
)

// A Server is a grpc.Server in the plan of an App.
type Server struct {
	app     *app.App
	name    string
	grpc    *grpc.Server
	calls   *Calls
	config  func() Config
	sockets app.Sockets
	health  *health.Server // nil if the application has one

	mu       sync.Mutex // guards what follows
	listener *listener  // nil until bound
	leaving  bool       // whether the end of Serve is expected
	served   chan struct{}
}

// New adds gs to the plan of a: it binds, serves and drains in its phases. The
// name, such as "grpc", is for reports and for the socket, which keeps it over
// upgrades. gs should have been made with the ServerOptions of calls, services may
// be registered until the start, and Serve and Stop must not be called elsewhere.
// The standard health service is added unless gs has it. config may be called from
// any goroutine. Call New before a starts, once for each gs. It does not block.
func New(a *app.App, name string, gs *grpc.Server, calls *Calls, config func() Config) *Server {
	s := &Server{app: a, name: name, grpc: gs, calls: calls, config: config,
		sockets: app.OpenSockets(), served: make(chan struct{})}
	if _, has := gs.GetServiceInfo()[healthpb.Health_ServiceDesc.ServiceName]; !has {
		s.health = health.NewServer()
		healthpb.RegisterHealthServer(gs, s.health)
	}
	a.Add(app.Hook{Name: name, StartIn: app.Bind, OnStart: s.bind, StopIn: app.Unbind, OnStop: s.unbind})
	a.Add(app.Hook{Name: name, StartIn: app.Serve, OnStart: s.serve, StopIn: app.Drain, OnStop: s.drain})
	a.At(app.Announce, name, s.announce)
	a.Observe(s.ready)
	a.Wiring().AddMetrics(func() []app.Metric { return calls.metrics(name) })
	a.Wiring().AddInFlight(func(most int) []app.InFlight { return calls.oldest(name, most) })
	return s
}

// Addr returns the address on which the server listens, or nil before it is bound.
// It may be called at any time, from any goroutine.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

func (s *Server) bind(ctx context.Context) error {
	c := s.config()
	network, addr := c.split()
	ln, err := s.sockets.Listen(ctx, s.name, network, addr)
	if err != nil {
		return fmt.Errorf("%s.addr: %w", s.name, err)
	}
	s.mu.Lock()
	s.listener = newListener(ln)
	s.mu.Unlock()
	s.app.Wiring().SetAddress(s.name, ln.Addr())
	return nil
}

func (s *Server) serve(context.Context) error {
	s.say(healthpb.HealthCheckResponse_NOT_SERVING)
	go func() {
		defer close(s.served)
		err := s.grpc.Serve(s.listener)
		s.mu.Lock()
		leaving := s.leaving
		s.mu.Unlock()
		if err != nil && !leaving {
			s.app.Stop(app.Reason{Kind: app.ServeFailed, By: s.name, Err: err})
		}
	}()
	return nil
}

// ready makes the health service say SERVING once the application is ready.
func (s *Server) ready(e app.Event) {
	if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
		s.say(healthpb.HealthCheckResponse_SERVING)
	}
}

// say sets the status of the server as a whole and of every service. After announce
// it has no effect.
func (s *Server) say(status healthpb.HealthCheckResponse_ServingStatus) {
	if s.health == nil {
		return
	}
	s.health.SetServingStatus("", status)
	for service := range s.grpc.GetServiceInfo() {
		s.health.SetServingStatus(service, status)
	}
}

func (s *Server) announce(context.Context) error {
	if s.health != nil {
		s.health.Shutdown()
	}
	return nil
}

// unbind closes the port. Open connections go on.
func (s *Server) unbind(context.Context) error {
	s.mu.Lock()
	s.leaving = true
	ln := s.listener
	s.mu.Unlock()
	s.app.Wiring().SetAddress(s.name, nil)
	return ln.Close()
}
