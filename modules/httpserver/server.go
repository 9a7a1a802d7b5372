package httpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/certificate"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/weaklist"
)

// Server is one *http.Server under the plan of the App: bound before anything
// serves, opened when everything has started, drained when the process stops. All
// methods may be called at any time by any goroutine, and none but Move blocks.
type Server struct {
	name    string
	app     *app.App
	config  func() *Config
	http    *http.Server
	content http.Handler // of the application
	advice  string       // what to do if the application has nothing to serve; else empty
	off     bool         // by its address: it is no part of the plan
	wrap    func(net.Listener) net.Listener
	sockets app.Sockets // nil: opened by this process, for itself alone

	original *original.Server         // of http; nil before bind
	h2       *http2.HTTP2             // nil before bind
	trial    func() bool              // reports whether HTTP/2 can be ours
	cert     *certificate.Certificate // nil without TLS of the configuration
	ownTLS   *tls.Config              // of the application, under that of the configuration
	secure   *tlsLayer                // nil before bind, and where TLS is not spoken, or net/http's own

	fromConfig fromConfig // which settings of http are those of the configuration

	conns    *conns.Set
	bound    atomic.Bool // bind is over: what metrics read does not change any more
	inFlight requests
	answered atomic.Int64 // requests that ended while draining
	overdue  atomic.Int64 // connections that were cut because the time to drain was over
	panics   atomic.Int64

	requests    context.Context         // parent of the context of every request
	endRequests context.CancelCauseFunc // cancels it
	helpers     sync.WaitGroup          // goroutines that end with requests
	adopting    sync.WaitGroup          // goroutines that end with predecessor

	mu          sync.Mutex                 // guards the change from one listener to another
	listeners   listener.Group             // none before bind
	template    *http.Server               // a copy of http that never serves
	accepting   *http.Server               // the latest copy of that; see replaceServer
	older       weaklist.List[http.Server] // copies that accept no more
	predecessor net.Listener               // accepts what it hands over; nil if there is none
	serving     bool
	gone        bool // unbound: nothing listens any more
}

// WrapListener has the server accept through what wrap makes of each listening
// socket: at the start, and when a reload changes the address. It is for what comes
// before TLS and HTTP, such as the PROXY protocol. Call it once, before the start.
//
// The listener that wrap returns accepts one connection for each that it accepts
// itself, returns the errors of that unchanged, and is closed by its Close. If it
// is nil, the start fails, or the reload. Its connections are tracked and drained
// as others; handlers, ConnContext and ConnState get them as they are. In an
// upgrade they stay and are drained, since a successor could not know what has been
// read already.
func (s *Server) WrapListener(wrap func(net.Listener) net.Listener) error {
	if wrap == nil || s.wrap != nil {
		return fmt.Errorf("%s: WrapListener takes one function, which is not nil; let one call the other", s.name)
	}
	s.wrap = wrap
	return nil
}

// Name returns the name of the server, "http" unless it was given another.
func (s *Server) Name() string { return s.name }

// Addr returns the address the server is bound to, with the port that :0 has
// become; of several, the first. It is nil before the phase Bind and of a server
// that is off, and changes when the setting does.
func (s *Server) Addr() net.Addr {
	if all := s.Addrs(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Addrs returns all addresses the server is bound to, in the order of the setting,
// and behind them those of the service manager's sockets that it does not name.
func (s *Server) Addrs() []net.Addr { return s.group().Addrs() }

// withValues gives requests what they need to know of a drain. What can be
// cancelled comes on top: net/http looks for that once for each connection.
func (s *Server) withValues(ctx context.Context) context.Context {
	return s.app.Wiring().WithDraining(s.conns.WithSet(ctx))
}

// isOff reports whether there is no server with c.
func (s *Server) isOff(c *Config) bool { return c.Addr == Off || s.http.Addr == Off }
