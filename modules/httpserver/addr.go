package httpserver

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/endpoint"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
)

// Off is the address that means no server.
const Off = endpoint.Off

// endpoints returns the addresses on which the server listens with c: those that c
// names, unless the *http.Server names some itself.
func (s *Server) endpoints(c *Config) []app.Endpoint {
	if s.http.Addr != "" {
		return endpoint.Parse(s.http.Addr)
	}
	return endpoint.Parse(c.Addr)
}

// listen opens the sockets for the first time: those that c names, and those that
// the service manager has for the server beyond them. Its error names the key at
// fault.
func (s *Server) listen(ctx context.Context, c *Config) (listener.Group, error) {
	many, ok := s.sockets.(app.ManySockets)
	if !ok {
		g, _, err := s.change(ctx, c)
		return g, err
	}
	at := s.endpoints(c)
	all, err := many.ListenAll(ctx, s.name, at)
	if err != nil {
		return nil, s.explain(err, at)
	}
	var g listener.Group
	for i, ln := range all {
		at := append(at, app.Endpoint{})[min(i, len(at))]
		l, err := s.newListener(ln, at, c)
		if err != nil {
			for _, ln := range all[i:] {
				_ = ln.Close()
			}
			return nil, errors.Join(err, g.Close())
		}
		g = append(g, l)
	}
	return g, nil
}

// explain returns an error of ListenAll as one of the setting. A *net.OpError has
// the address at fault.
func (s *Server) explain(err error, at []app.Endpoint) error {
	failed := at[0]
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Addr != nil {
		for _, e := range at {
			if e.Address == op.Addr.String() || endpoint.Overlap(e, app.Endpoint{Network: "tcp", Address: op.Addr.String()}) {
				failed = e
			}
		}
	}
	return listener.Explain(err, s.name, failed.Network, failed.Address)
}

// change returns the sockets that c names, and which of them are new: those that
// the server already has for an address stay, and so do those of the service
// manager that match none.
func (s *Server) change(ctx context.Context, c *Config) (next, opened listener.Group, err error) {
	have := s.group()
	for _, at := range s.endpoints(c) {
		i := slices.IndexFunc(have, func(l *listener.Listener) bool { return l.Endpoint == at })
		if i >= 0 {
			next = append(next, have[i])
			continue
		}
		l, err := s.open(ctx, at, c)
		if err != nil {
			return nil, nil, errors.Join(err, opened.Close())
		}
		next, opened = append(next, l), append(opened, l)
	}
	for _, l := range have {
		if l.Endpoint == (app.Endpoint{}) {
			next = append(next, l)
		}
	}
	return next, opened, nil
}

// open opens one socket.
func (s *Server) open(ctx context.Context, at app.Endpoint, c *Config) (*listener.Listener, error) {
	sockets := s.sockets
	if sockets == nil {
		sockets = app.OpenSockets()
		if at.Network == "unix" {
			if err := unixsocket.RemoveStale(ctx, at.Network, at.Address); err != nil {
				return nil, config.Invalid("addr", "%s: %w; stop that, or choose another path", at.Address, err)
			}
		}
	}
	ln, err := sockets.Listen(ctx, s.name, at.Network, at.Address)
	if err != nil {
		return nil, s.refused(err, at)
	}
	l, err := s.newListener(ln, at, c)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return l, nil
}

// refused is the error of an address that cannot be listened on. The system gives
// no part of what a socket of the server has to another one, and a reload, which
// must be able to fail, does not close the first before it has the second.
func (s *Server) refused(err error, at app.Endpoint) error {
	for _, l := range s.group() {
		if l.Endpoint != (app.Endpoint{}) && endpoint.Overlap(l.Endpoint, at) {
			return config.Invalid("addr", "%s overlaps %s, which the server listens on: restart it, or choose another port: %w", at.Address, l.Endpoint.Address, err)
		}
	}
	return listener.Explain(err, s.name, at.Network, at.Address)
}

func (s *Server) newListener(ln net.Listener, at app.Endpoint, c *Config) (*listener.Listener, error) {
	if at.Address == ln.Addr().String() { // else it is the service manager's
		if err := setMode(at, c.SocketMode); err != nil {
			return nil, config.Invalid("socket_mode", "%w", err)
		}
	}
	l := listener.New(ln, s.conns, http2.HasCertificate(s.http.TLSConfig))
	l.Endpoint = at
	if s.wrap != nil {
		if err := l.Wrap(s.wrap); err != nil {
			return nil, config.Invalid("addr", "%w", err)
		}
	}
	return l, nil
}

// group returns the sockets of the server.
func (s *Server) group() listener.Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listeners
}

// alone reports whether no other process accepts from the socket of l.
func (s *Server) alone(l *listener.Listener) bool {
	switch sockets := s.sockets.(type) {
	case nil:
		return true
	case app.ManySockets:
		return !sockets.SharedListener(l.Listener)
	case app.Sharer:
		return !sockets.Shared(s.name)
	}
	return false
}

// validMode returns an error unless mode is one that chmod accepts, in octal
// digits.
func validMode(mode string) error {
	if _, ok := parseMode(mode); !ok {
		return config.Invalid("socket_mode", "%q is not a file mode; write for example \"0660\"", mode)
	}
	return nil
}

func parseMode(mode string) (m fs.FileMode, ok bool) {
	if mode == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(mode, 8, 32)
	return fs.FileMode(n), err == nil && n <= 0o777
}

func setMode(at app.Endpoint, mode string) error {
	m, _ := parseMode(mode)
	if at.Network != "unix" || mode == "" || strings.HasPrefix(at.Address, "@") {
		return nil
	}
	return os.Chmod(at.Address, m)
}
