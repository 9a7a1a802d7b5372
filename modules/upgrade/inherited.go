package upgrade

import (
	"errors"
	"net"
	"os"
	"slices"

	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// inherit holds what the predecessor has sent until it is claimed. It owns fds.
func (s *Sockets) inherit(files []wire.File, fds []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, info := range files {
		s.inherited = append(s.inherited, &inheritedFile{info, os.NewFile(uintptr(fds[i]), info.Name)})
	}
}

// claim takes the inherited file for want off the list and returns it, or nil if
// there is none: the one of the same name if it is for the same address, else any
// that is bound to this very address, since it cannot be bound a second time.
func (s *Sockets) claim(want wire.File) *inheritedFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.inherited, func(f *inheritedFile) bool {
		return f.info.Name == want.Name && fits(f.info, want)
	})
	if i < 0 && want.Kind != wire.Other {
		i = slices.IndexFunc(s.inherited, func(f *inheritedFile) bool {
			return f.info.Kind == want.Kind && f.info.Network == want.Network && sameAddress(f.info.Bound, want)
		})
	}
	return s.takeLocked(i)
}

// claimExtra takes a socket off the list that the service manager had for a server
// beyond its addresses. It returns nil if there is none.
func (s *Sockets) claimExtra(name string) *inheritedFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeLocked(slices.IndexFunc(s.inherited, func(f *inheritedFile) bool {
		return f.info.Name == name && f.info.Kind == wire.Listener && f.info.Extra
	}))
}

func (s *Sockets) takeLocked(i int) *inheritedFile {
	if i < 0 {
		return nil
	}
	f := s.inherited[i]
	s.inherited = slices.Delete(s.inherited, i, i+1)
	return f
}

// fits reports whether a socket of the same name is the one wanted.
func fits(have, want wire.File) bool {
	if have.Kind != want.Kind || have.Network != want.Network {
		return false
	}
	return want.Kind == wire.Other || have.Address == want.Address || sameAddress(have.Bound, want)
}

// sameAddress reports whether listening on want would bind bound: "localhost:80"
// and "127.0.0.1:80" are one address.
func sameAddress(bound string, want wire.File) bool {
	if bound == want.Address {
		return true
	}
	var addr net.Addr
	var err error
	switch want.Network {
	case "tcp", "tcp4", "tcp6":
		addr, err = net.ResolveTCPAddr(want.Network, want.Address)
	case "udp", "udp4", "udp6":
		addr, err = net.ResolveUDPAddr(want.Network, want.Address)
	default:
		return false
	}
	return err == nil && unmapped(addr.String()) == unmapped(bound)
}

// unmapped returns an address with the wildcard always written in one way.
func unmapped(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = ""
	}
	return net.JoinHostPort(host, port)
}

// closeUnclaimed closes what was not claimed before this process was ready. The
// predecessor has its copies.
func (s *Sockets) closeUnclaimed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.inherited {
		_ = f.file.Close()
		s.unclaimed = append(s.unclaimed, f.info)
	}
	s.inherited = nil
}

// unlinkUnclaimed removes the files of unix sockets that this generation does not
// use, once it is in charge.
func (s *Sockets) unlinkUnclaimed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, info := range s.unclaimed {
		if info.Kind == wire.Listener && isUnixNetwork(info.Network) && !info.Shared {
			_ = unixsocket.Look(info.Bound).Remove()
		}
	}
	s.unclaimed = nil
}

// unlink removes the files of unix sockets: this is the last generation.
func (s *Sockets) unlink() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, h := range s.held {
		errs = append(errs, h.path.Remove())
		h.path = nil
	}
	return errors.Join(errs...)
}

// close drops everything. What others hold stays open.
func (s *Sockets) close() {
	s.closeUnclaimed()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = nil
}

// inheritedFile is a descriptor that the predecessor has sent.
type inheritedFile struct {
	info wire.File
	file *os.File
}

// listenOn makes a listener of an inherited file, for the name and address of info.
func (s *Sockets) listenOn(old *inheritedFile, info wire.File) (net.Listener, error) {
	info.Shared = old.info.Shared
	ln, err := net.FileListener(old.file)
	if err = errors.Join(err, old.file.Close()); err != nil {
		return nil, err
	}
	return s.holdListener(info, ln), nil
}
