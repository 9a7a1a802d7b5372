package upgrade

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// held is a descriptor that a successor inherits as long as it is open.
type held struct {
	info wire.File
	from any              // what it is duplicated from: has SyscallConn
	path *unixsocket.File // of a unix socket; nil if it has none
}

func (h *held) open() bool {
	fd, err := descriptor.Duplicate(h.from)
	if err == nil {
		descriptor.CloseAll([]int{fd})
	}
	return !isClosed(err)
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) }

// free returns an error for a socket that is already open.
func (s *Sockets) free(info wire.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune()
	for _, h := range s.held {
		if h.info.Name == info.Name && h.info.Network == info.Network && h.info.Address == info.Address {
			return fmt.Errorf("two servers use the socket name %q, which is open on %s: give each its own name",
				info.Name, h.info.Bound)
		}
	}
	return nil
}

// prune drops what is closed, except unix paths that are still to be removed.
// Called with s.mu held.
func (s *Sockets) prune() {
	s.held = slices.DeleteFunc(s.held, func(h *held) bool { return h.path == nil && !h.open() })
}

func (s *Sockets) hold(info wire.File, from any) {
	h := &held{info: info, from: from}
	if ln, ok := from.(*net.UnixListener); ok {
		ln.SetUnlinkOnClose(false)
		if !info.Shared { // else the file is the service manager's
			h.path = unixsocket.Look(ln.Addr().String())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prune()
	s.held = append(s.held, h)
}

// manifest duplicates what is open for a successor. The caller closes fds.
func (s *Sockets) manifest() (files []wire.File, fds []int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.held {
		fd, err := descriptor.Duplicate(h.from)
		switch {
		case err == nil:
			files, fds = append(files, h.info), append(fds, fd)
		case !isClosed(err): // a closed one is not passed on
			descriptor.CloseAll(fds)
			return nil, nil, fmt.Errorf("duplicate the socket %q: %w", h.info.Name, err)
		}
	}
	return files, fds, nil
}
