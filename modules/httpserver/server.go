package httpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
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
// serves, opened when everything has started, drained when the process stops. Its
// methods may be called at any time by any goroutine, and only Move blocks.
type Server struct {
	name    string
	app     *app.App
	config  func() *Config
	http    *http.Server
	content http.Handler // of the application
	advice  string       // what to do if the application has nothing to serve; else empty
	off     bool         // by its address: it is not part of the plan
	wrap    func(net.Listener) net.Listener
	sockets app.Sockets // nil: this process opens them, for itself alone

	original *original.Server         // of http; nil before bind
	h2       *http2.HTTP2             // nil before bind
	trial    func() bool              // reports whether HTTP/2 can be ours
	cert     *certificate.Certificate // nil without TLS of the configuration
	ownTLS   *tls.Config              // of the application, under that of the configuration
	secure   *tlsLayer                // nil before bind, without TLS, and where TLS is net/http's

	fromConfig fromConfig // which settings of http are those of the configuration

	conns    *conns.Set
	bound    atomic.Bool // bind is over: what metrics read no longer changes
	inFlight requests
	answered atomic.Int64 // requests that ended while draining
	overdue  atomic.Int64 // connections that were cut because the time to drain was over
	panics   atomic.Int64
	ownLog   *log.Logger // ErrorLog of the application; nil if it has none

	requests    context.Context         // parent of the context of every request
	endRequests context.CancelCauseFunc // cancels it
	helpers     sync.WaitGroup          // goroutines that end with requests
	adopting    sync.WaitGroup          // goroutines that end with predecessor

	mu          sync.Mutex                 // guards the change from one listener to another
	listeners   listener.Group             // none before bind
	template    *http.Server               // a copy of http that never serves
	accepting   *http.Server               // the latest copy of that; see replaceServer
	older       weaklist.List[http.Server] // copies that accept no more
	predecessor net.Listener               // accepts what a predecessor hands over; nil if there is none
	serving     bool
	gone        bool // unbound: nothing listens any more
}

// WrapListener makes the server accept through the listener that wrap returns for
// each listening socket: at the start, and when a reload changes the address. It is
// for protocols that come before TLS and HTTP, such as the PROXY protocol. Call it
// once, before the start.
//
// The listener that wrap returns must accept one connection for each that it
// accepts from the socket, return the socket's errors unchanged, and close the
// socket in its Close. If it is nil, the start or the reload fails. Its connections
// are tracked and drained like others; handlers, ConnContext and ConnState get them
// as they are. In an upgrade they stay and are drained, since a successor could not
// know what has already been read.
func (s *Server) WrapListener(wrap func(net.Listener) net.Listener) error {
	if wrap == nil || s.wrap != nil {
		return fmt.Errorf("%s: WrapListener takes one function, which is not nil; combine several into one", s.name)
	}
	s.wrap = wrap
	return nil
}

// Name returns the name of the server, "http" unless it was given another.
func (s *Server) Name() string { return s.name }

// Addr returns the address the server is bound to, with the actual port for :0; of
// several, the first. It is nil before the phase Bind and for a server that is off,
// and changes when the setting does.
func (s *Server) Addr() net.Addr {
	if all := s.Addrs(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Addrs returns all addresses the server is bound to, in the order of the setting,
// followed by those of the service manager's sockets that the setting does not
// name.
func (s *Server) Addrs() []net.Addr { return s.group().Addrs() }

// withValues gives requests what they need to know of a drain. The context that can
// be cancelled comes on top: net/http looks for it once for each connection.
func (s *Server) withValues(ctx context.Context) context.Context {
	return s.app.Wiring().WithDraining(s.conns.WithSet(ctx))
}

// isOff reports whether with c there is no server.
func (s *Server) isOff(c *Config) bool { return c.Addr == Off || s.http.Addr == Off }
