package systemd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/gracefulfx/graceful/app"
)

// Inherited has what the service manager passed to this process: sockets that it
// opened (socket activation), and descriptors that Notifier.Store gave it to keep.
// Each is returned once and then belongs to the caller.
//
// It is an app.Sockets: a server gets the socket of its name, else one with
// its address, else what the fallback opens. Its methods may be called
// from any goroutine at any time.
type Inherited struct {
	app      *app.App
	fallback app.Sockets
	any      bool // something was passed

	mu     sync.Mutex            // guards everything below; held while a host name is looked up
	fds    []*descriptor         // not taken yet
	taken  map[string]bool       // names of those that were taken
	passed map[net.Listener]bool // listeners that were taken
}

var (
	_ app.Sockets     = (*Inherited)(nil)
	_ app.ManySockets = (*Inherited)(nil)
)

// Sockets takes over what was passed to this process. When a is ready, what no
// server has taken is closed, with a warning each; if a ends earlier, without one.
// A nil fallback is app.OpenSockets.
//
// It fails if the variables make no sense, or name descriptors that were not
// passed. On systems other than Linux it fails with errors.ErrUnsupported if they
// are set for this process.
func Sockets(a *app.App, fallback app.Sockets, e Env) (*Inherited, error) {
	fds, err := take(e)
	if err != nil {
		return nil, err
	}
	if fallback == nil {
		fallback = app.OpenSockets()
	}
	s := &Inherited{app: a, fallback: fallback, fds: fds, any: len(fds) > 0, taken: map[string]bool{}, passed: map[net.Listener]bool{}}
	if s.any {
		a.Observe(s.observe)
	}
	return s, nil
}

// Any reports whether anything was passed to this process. If nothing was, Listen
// only calls the fallback.
func (s *Inherited) Any() bool { return s.any }

// Sockets returns s, or nil if nothing was passed to this process: servers then
// know that no other process holds what they open.
func (s *Inherited) Sockets() app.Sockets {
	if !s.any {
		return nil
	}
	return s
}

// Listen returns the inherited socket called name, whatever address it has:
// the socket unit decides. Without one it returns an unnamed or other socket that
// listens on address, or else what the fallback opens. A socket of that name that
// cannot accept connections is an error.
func (s *Inherited) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	d, err := s.find(name, "accept from",
		func(d *descriptor) bool { return d.listener != nil },
		func(d *descriptor) bool { return serves(ctx, d.listener.Addr(), network, address) })
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if d == nil {
		return s.fallback.Listen(ctx, name, network, address)
	}
	return s.use(name, d, address), nil
}

// ListenPacket is Listen for datagrams. Its fallback opens a socket itself.
func (s *Inherited) ListenPacket(ctx context.Context, name, network, address string) (net.PacketConn, error) {
	d, err := s.find(name, "read datagrams from",
		func(d *descriptor) bool { return d.packet != nil },
		func(d *descriptor) bool { return serves(ctx, d.packet.LocalAddr(), network, address) })
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	if d == nil {
		return new(net.ListenConfig).ListenPacket(ctx, network, address)
	}
	s.noteUse(name, d, address)
	return d.packet, nil
}

// File returns the file called name, such as one that an earlier process gave to
// Notifier.Store, or nil if there is none. It does not return listening sockets.
func (s *Inherited) File(name string) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, d := range s.fds {
		if d.name == name && d.file != nil {
			s.fds = slices.Delete(s.fds, i, i+1)
			return d.file
		}
	}
	return nil
}

// find takes the descriptor for a server off the list: one with its name, and of
// several the one that fits its address; without any, one that fits its address. It
// returns nil if there is none.
func (s *Inherited) find(name, use string, usable, fits func(*descriptor) bool) (*descriptor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	best, top := -1, 0
	var useless *descriptor
	for i, d := range s.fds {
		if !usable(d) {
			if d.name == name {
				useless = d
			}
			continue
		}
		points := 0
		if d.name == name {
			points += 2
		}
		if fits(d) {
			points++
		}
		if points > top {
			best, top = i, points
		}
	}
	switch {
	case top < 2 && useless != nil:
		return nil, fmt.Errorf("the inherited %q (%v) cannot be used to %s: check ListenStream= and Accept=no in its socket unit", name, useless, use)
	case best < 0:
		return nil, nil
	}
	d := s.fds[best]
	s.taken[d.name] = true
	s.fds = slices.Delete(s.fds, best, best+1)
	return d, nil
}

// use gives the listener of d to a server that is configured to listen on address.
func (s *Inherited) use(name string, d *descriptor, address string) net.Listener {
	s.mu.Lock()
	s.passed[d.listener] = true
	s.mu.Unlock()
	s.noteUse(name, d, address)
	return d.listener
}

func (s *Inherited) noteUse(name string, d *descriptor, address string) {
	s.app.Note(app.Note{Level: slog.LevelInfo, Text: "using the socket of the service manager", Attrs: []slog.Attr{
		slog.String("server", name), slog.String("socket", d.String()), slog.String("instead_of", address)}})
}

func (s *Inherited) observe(e app.Event) {
	if e, ok := e.(app.StateChanged); ok && e.To == app.StateReady {
		for _, d := range s.takeRest() {
			s.app.Note(app.Note{Level: slog.LevelWarn, Text: "inherited socket is not used; " + s.advice(d),
				Err: d.closer().Close(), Attrs: []slog.Attr{slog.String("name", d.name), slog.String("socket", d.String())}})
		}
	}
	if _, ok := e.(app.Ended); ok {
		_ = s.Close()
	}
}

// advice returns what to do about a socket that no server uses. The kernel accepts
// its clients, and nothing answers them.
func (s *Inherited) advice(d *descriptor) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[d.name] {
		return "this server takes one socket, and has taken another of this name; only servers of httpserver take several"
	}
	return "give it the name of a server (FileDescriptorName=http in its unit)"
}

// takeRest empties the list.
func (s *Inherited) takeRest() []*descriptor {
	s.mu.Lock()
	defer s.mu.Unlock()
	fds := s.fds
	s.fds = nil
	return fds
}

// Close closes what was not taken. It may be called more than once.
func (s *Inherited) Close() error {
	var errs []error
	for _, d := range s.takeRest() {
		errs = append(errs, d.closer().Close())
	}
	return errors.Join(errs...)
}
