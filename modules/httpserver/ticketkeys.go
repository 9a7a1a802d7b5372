package httpserver

import (
	"context"
	"os"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/tickets"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// Keys of session tickets belong to the server, not to one copy of its tls.Config,
// so they outlive a reload. A successor gets them in a file in memory, which it
// inherits like the listening sockets: they reach no disk, and no process of
// another user.

// keeper is an optional interface of app.Sockets, which keeps files for a
// successor.
type keeper interface {
	File(name string) *os.File // of the predecessor; nil if there is none
	Keep(name string, f *os.File)
}

// setUpTickets makes keys, or takes over those of the predecessor. It does nothing
// for an application that sets its own keys, wraps sessions or disables tickets.
func (s *Server) setUpTickets() {
	c := s.http.TLSConfig
	if s.secure == nil || c.SessionTicketsDisabled || c.WrapSession != nil || c.UnwrapSession != nil || tlsmove.HasTicketKeys(c) {
		return
	}
	s.secure.tickets = tickets.New()
	files, ok := s.sockets.(keeper)
	if !ok {
		return
	}
	name := s.name + " ticket keys"
	f := files.File(name)
	if f == nil {
		if f = tickets.MemoryFile(name); f == nil {
			return
		}
	}
	s.secure.keep = tickets.NewFile(f)
	if keys := s.secure.keep.Read(); keys != nil {
		s.secure.tickets = keys
	}
	files.Keep(name, f)
}

// rotateTicketKeys rotates the keys until ctx ends.
func (s *Server) rotateTicketKeys(ctx context.Context) {
	if s.secure.tickets == nil {
		return
	}
	s.secure.tickets.Rotate(ctx, func() {
		s.secure.setTicketKeys()
		s.secure.keep.Write(s.secure.tickets)
	})
}
