// Package lineserver is a server of a protocol other than HTTP whose connections
// live on when the process is replaced: it numbers the lines of each client, and
// loses neither the count nor half a line. It needs only package app, and shows
// everything that a server of any protocol has to do:
//
//   - [Server.Bind] takes the listener and the connections that a predecessor hands
//     over;
//   - [Server.Move] pauses the listener and wakes every reader, which hands its
//     connection over together with the half line that it has read and its count;
//   - [Server.Resume] undoes that, when the upgrade has failed;
//   - the stop waits for those that could not move, as any stop does.
package lineserver

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// name is the same in every generation.
const name = "lines"

// past is a deadline that wakes a reader, or Accept.
var past = time.Unix(1, 0)

// A Server numbers the lines of its clients. The plan of the App calls its methods.
type Server struct {
	// Linger is how long a client may stay silent once the server stops. It must
	// not change after the start.
	Linger time.Duration

	sockets app.Sockets
	addr    string

	ln     *net.TCPListener
	handed net.Listener // nil: there is no predecessor

	mu       sync.Mutex // guards everything below
	clients  map[*client]struct{}
	to       app.StateSuccessor // nil: no upgrade is going on
	resume   chan struct{}      // closed when the listener no longer has to be paused
	stopping bool

	all sync.WaitGroup // clients, including those on their way
}

// New returns a server that listens on addr, and adds it to the plan of a.
func New(a *app.App, sockets app.Sockets, addr string) *Server {
	s := &Server{Linger: time.Second, sockets: sockets, addr: addr, clients: map[*client]struct{}{}}
	a.Add(app.Hook{Name: name, StartIn: app.Bind, OnStart: s.Bind, StopIn: app.Unbind, OnStop: s.Unbind})
	a.Add(app.Hook{Name: name, StartIn: app.Serve, OnStart: s.Serve, StopIn: app.Drain, OnStop: s.Drain})
	a.Wiring().AddMover(name, s)
	return s
}

// Bind opens the listener, or inherits it.
func (s *Server) Bind(ctx context.Context) error {
	ln, err := s.sockets.Listen(ctx, name, "tcp", s.addr)
	if err != nil {
		return err
	}
	s.ln = ln.(*net.TCPListener)
	if from, ok := s.sockets.(app.StateSource); ok {
		s.handed = from.HandedOverWith(name, app.HandoverOptions{Kinds: []string{kind}, Check: check})
	}
	return nil
}

// Addr returns the address on which the server listens. It may be called after
// Bind.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Serve accepts connections, including those that the predecessor hands over.
func (s *Server) Serve(context.Context) error {
	s.all.Go(func() { s.accept(s.ln) })
	if s.handed != nil {
		s.all.Go(func() { s.accept(s.handed) })
	}
	return nil
}

func (s *Server) accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		switch {
		case err == nil:
			s.start(newClient(c))
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.mu.Lock()
			resume := s.resume
			s.mu.Unlock()
			if resume != nil {
				<-resume
			}
		default:
			return // closed, or no more connections are handed over
		}
	}
}

func (s *Server) start(c *client) {
	s.mu.Lock()
	s.clients[c] = struct{}{}
	c.stays = s.to != nil // this successor did not take it
	if s.stopping {
		_ = c.socket.SetReadDeadline(time.Now().Add(s.Linger))
	}
	s.mu.Unlock()
	s.all.Go(func() { s.talk(c) })
}

func (s *Server) forget(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
}

// Move implements app.Mover. A server whose successor takes no connections of this
// kind does not move; its clients are waited for, as in any stop.
func (s *Server) Move(ctx context.Context, to app.Successor) error {
	states, ok := to.(app.StateSuccessor)
	if !ok || !states.Takes(name, kind) {
		return errors.New("the successor takes no connections of the kind " + kind)
	}
	s.mu.Lock()
	s.to, s.resume = states, make(chan struct{})
	_ = s.ln.SetDeadline(past)
	for c := range s.clients {
		_ = c.socket.SetReadDeadline(past)
	}
	s.mu.Unlock()

	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.moving() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil // the others follow when they can
		}
	}
	return nil
}

// moving reports whether a client is left that may move.
func (s *Server) moving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.clients {
		if !c.stays {
			return true
		}
	}
	return false
}

// Resume implements app.Mover.
func (s *Server) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = nil
	_ = s.ln.SetDeadline(time.Time{})
	for c := range s.clients {
		c.stays = false
		_ = c.socket.SetReadDeadline(time.Time{})
	}
	s.unpause()
}

// unpause lets Accept go on, or end. It is called with s.mu held.
func (s *Server) unpause() {
	if s.resume != nil {
		close(s.resume)
		s.resume = nil
	}
}

// Unbind stops accepting. Clients that do not move get a moment for a last line.
func (s *Server) Unbind(context.Context) error {
	err := s.ln.Close()
	if s.handed != nil {
		_ = s.handed.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	s.unpause()
	for c := range s.clients {
		if s.to == nil || c.stays {
			_ = c.socket.SetReadDeadline(time.Now().Add(s.Linger))
		}
	}
	return err
}

// Drain waits until every client is gone, and closes the remaining ones shortly
// before its time is over.
func (s *Server) Drain(ctx context.Context) error {
	empty := make(chan struct{})
	go func() { s.all.Wait(); close(empty) }()
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(time.Minute)
	}
	select {
	case <-empty:
		return nil
	case <-time.After(time.Until(end) * 9 / 10):
	}
	s.mu.Lock()
	app.Count(ctx, "cut", int64(len(s.clients)))
	for c := range s.clients {
		_ = c.socket.Close()
	}
	s.mu.Unlock()
	<-empty
	return nil
}
