package upgrade

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// Sockets opens the sockets and files that generations share, or inherits them from
// the predecessor. Each has a name, the same in every generation. The methods may
// be called by several goroutines at once, at any time.
type Sockets struct {
	handed   *handedSet  // nil: no predecessor
	fallback app.Sockets // opens what was not inherited; nil: this process opens it
	shared   func() bool // whether another generation may hold the sockets too

	mu        sync.Mutex // guards everything below
	held      []*held
	inherited []*inheritedFile
	unclaimed []wire.File // inherited but not used, and closed
}

var (
	_ app.Sockets     = (*Sockets)(nil)
	_ app.StateSource = (*Sockets)(nil)
	_ app.Sharer      = (*Sockets)(nil)
	_ app.ManySockets = (*Sockets)(nil)
)

func isUnixNetwork(network string) bool { return network == "unix" || network == "unixpacket" }

func newSockets() *Sockets {
	return &Sockets{shared: func() bool { return false }}
}

// Listen returns a listener for the address: the inherited one of that name, or a
// new one. An inherited port is kept if the address is for any port. If the address
// has changed, the inherited listener is closed when this process is ready.
//
// Two listeners of one name may be open at the same time if their addresses
// differ, as when a server moves from one to the other.
//
// The listener is what net.Listen returns, except that closing a unix listener
// leaves its file alone: a successor may listen on it. The file is removed when
// the last generation stops.
func (s *Sockets) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	info := wire.File{Name: name, Kind: wire.Listener, Network: network, Address: address}
	if err := s.free(info); err != nil {
		return nil, err
	}
	if old := s.claim(info); old != nil {
		return s.listenOn(old, info)
	}
	ln, err := s.open(ctx, info)
	if err != nil {
		return nil, err
	}
	info.Shared = s.manages(ln)
	return s.holdListener(info, ln), nil
}

// ListenAll implements app.ManySockets. Sockets that the service manager had for
// the server beyond its addresses are inherited as well.
func (s *Sockets) ListenAll(ctx context.Context, name string, at []app.Endpoint) (all []net.Listener, err error) {
	all = make([]net.Listener, len(at))
	defer func() {
		if err != nil {
			closeListeners(all)
			all = nil
		}
	}()
	var missing []int // of at
	for i, e := range at {
		info := wire.File{Name: name, Kind: wire.Listener, Network: e.Network, Address: e.Address}
		if err := s.free(info); err != nil {
			return all, err
		}
		if old := s.claim(info); old == nil {
			missing = append(missing, i)
		} else if all[i], err = s.listenOn(old, info); err != nil {
			return all, err
		}
	}
	for old := s.claimExtra(name); old != nil; old = s.claimExtra(name) {
		ln, err := s.listenOn(old, old.info)
		if err != nil {
			return all, err
		}
		all = append(all, ln)
	}
	return s.openAll(ctx, name, at, missing, all)
}

// openAll opens those of a server's addresses that are missing in all, and adds the
// sockets that the service manager has beyond them.
func (s *Sockets) openAll(ctx context.Context, name string, at []app.Endpoint, missing []int, all []net.Listener) ([]net.Listener, error) {
	many, ok := s.fallback.(app.ManySockets)
	if !ok {
		for _, i := range missing {
			var err error
			if all[i], err = s.Listen(ctx, name, at[i].Network, at[i].Address); err != nil {
				return all, err
			}
		}
		return all, nil
	}
	wanted := make([]app.Endpoint, len(missing))
	for i, m := range missing {
		wanted[i] = at[m]
	}
	opened, err := many.ListenAll(ctx, name, wanted)
	if err != nil {
		return all, err
	}
	for i, ln := range opened {
		info := wire.File{Name: name, Kind: wire.Listener, Shared: s.manages(ln)}
		if i < len(wanted) {
			info.Network, info.Address = wanted[i].Network, wanted[i].Address
			all[missing[i]] = s.holdListener(info, ln)
			continue
		}
		info.Network, info.Address, info.Extra = ln.Addr().Network(), ln.Addr().String(), true
		all = append(all, s.holdListener(info, ln))
	}
	return all, nil
}

func closeListeners(all []net.Listener) {
	for _, ln := range all {
		if ln != nil {
			_ = ln.Close()
		}
	}
}

// holdListener keeps ln for a successor.
func (s *Sockets) holdListener(info wire.File, ln net.Listener) net.Listener {
	info.Bound = ln.Addr().String()
	s.hold(info, ln)
	return ln
}

// ListenPacket is Listen for UDP and unix datagrams. Datagrams that were not read
// go to the generation that reads next.
func (s *Sockets) ListenPacket(ctx context.Context, name, network, address string) (net.PacketConn, error) {
	info := wire.File{Name: name, Kind: wire.Packet, Network: network, Address: address}
	if err := s.free(info); err != nil {
		return nil, err
	}
	var pc net.PacketConn
	var err error
	if old := s.claim(info); old != nil {
		pc, err = net.FilePacketConn(old.file)
		err = errors.Join(err, old.file.Close())
	} else if f, ok := s.fallback.(packetSockets); ok {
		pc, err = f.ListenPacket(ctx, name, network, address)
	} else {
		pc, err = new(net.ListenConfig).ListenPacket(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	info.Bound = pc.LocalAddr().String()
	s.hold(info, pc)
	return pc, nil
}

// File returns the file of that name that the predecessor kept, or nil if there is
// none. The caller owns it, and passes it on to a successor with Keep.
func (s *Sockets) File(name string) *os.File {
	if old := s.claim(wire.File{Name: name, Kind: wire.Other}); old != nil {
		return old.file
	}
	return nil
}

// Keep makes a successor inherit f, until f is closed. It replaces an earlier file
// of that name. f may be anything that has a descriptor: a pipe, a lock, a memory
// file.
func (s *Sockets) Keep(name string, f *os.File) {
	s.hold(wire.File{Name: name, Kind: wire.Other}, f)
}

// HandedOver implements app.HandoverSource.
func (s *Sockets) HandedOver(server string) net.Listener {
	return s.HandedOverWith(server, app.HandoverOptions{Kinds: []string{""}})
}

// HandedOverWith implements app.StateSource.
func (s *Sockets) HandedOverWith(server string, o app.HandoverOptions) net.Listener {
	if s.handed == nil {
		return nil
	}
	s.mu.Lock()
	var addr net.Addr = &net.TCPAddr{}
	for _, h := range s.held {
		if ln, ok := h.from.(net.Listener); ok && h.info.Name == server {
			addr = ln.Addr()
		}
	}
	s.mu.Unlock()
	return s.handed.listener(server, addr, o)
}

// Shared implements app.Sharer.
func (s *Sockets) Shared(name string) bool {
	if s.shared() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.held, func(h *held) bool { return h.info.Name == name && h.info.Shared })
}

// SharedListener implements app.ManySockets.
func (s *Sockets) SharedListener(ln net.Listener) bool {
	if s.shared() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.held, func(h *held) bool { return h.from == ln && h.info.Shared })
}

type packetSockets interface {
	ListenPacket(ctx context.Context, name, network, address string) (net.PacketConn, error)
}

// open opens a listener that was not inherited from a predecessor.
func (s *Sockets) open(ctx context.Context, info wire.File) (net.Listener, error) {
	switch {
	case s.fallback != nil:
		return s.fallback.Listen(ctx, info.Name, info.Network, info.Address)
	case isUnixNetwork(info.Network):
		return unixsocket.Listen(ctx, info.Network, info.Address)
	}
	return app.OpenSockets().Listen(ctx, info.Name, info.Network, info.Address)
}

// manages reports whether the service manager holds what the fallback has opened.
func (s *Sockets) manages(ln net.Listener) bool {
	if s.fallback == nil {
		return false
	}
	many, ok := s.fallback.(app.ManySockets)
	return !ok || many.SharedListener(ln)
}
