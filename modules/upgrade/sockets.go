package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/gracefulfx/graceful/app"
)

// fileKind is what an inherited descriptor is.
type fileKind string

const (
	listenerFile fileKind = "listener"
	packetFile   fileKind = "packet"
	otherFile    fileKind = "file"
)

// Sockets opens what the process keeps over generations, or takes it over from
// the predecessor. Everything has a name, the same in every generation. All
// methods may be called by anyone at any time.
type Sockets struct {
	heir *heir // nil: no predecessor

	mu        sync.Mutex // guards everything below
	held      map[string]*held
	inherited []*inheritedFile
	unclaimed []fileInfo // inherited, closed again
}

var (
	_ app.Sockets = (*Sockets)(nil)
	_ app.Adopter = (*Sockets)(nil)
)

// held is a descriptor that a successor will get.
type held struct {
	info fileInfo
	from any       // what it is duplicated from: has SyscallConn
	path *unixPath // of a unix socket; nil if it has none
}

// inheritedFile is one that the predecessor has sent.
type inheritedFile struct {
	info fileInfo
	file *os.File
}

func newSockets() *Sockets { return &Sockets{held: map[string]*held{}} }

// Listen returns a listener for the address: the inherited one of that name,
// whose port is kept if the address asks for any port, or one that is opened.
// If the address has changed, the inherited one is closed when this process is
// ready. The same name may be used again once its listener is closed.
//
// The listener is what net.Listen returns, but that closing a unix listener
// leaves its file alone: a successor may listen on it. It is removed when the
// last generation stops.
func (s *Sockets) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	info := fileInfo{Name: name, Kind: listenerFile, Network: network, Address: address}
	if err := s.free(info); err != nil {
		return nil, err
	}
	var ln net.Listener
	old, err := s.claim(info)
	switch {
	case err != nil:
		return nil, err
	case old != nil:
		ln, err = net.FileListener(old)
		err = errors.Join(err, old.Close())
	case isUnixStream(network):
		ln, err = listenUnix(ctx, network, address)
	default:
		ln, err = app.OpenSockets().Listen(ctx, name, network, address)
	}
	if err != nil {
		return nil, err
	}
	info.Bound = ln.Addr().String()
	s.hold(info, ln)
	return ln, nil
}

// ListenPacket is Listen for UDP and unix datagrams. What has arrived and was
// not read is read by the generation that reads next.
func (s *Sockets) ListenPacket(ctx context.Context, name, network, address string) (net.PacketConn, error) {
	info := fileInfo{Name: name, Kind: packetFile, Network: network, Address: address}
	if err := s.free(info); err != nil {
		return nil, err
	}
	var pc net.PacketConn
	old, err := s.claim(info)
	switch {
	case err != nil:
		return nil, err
	case old != nil:
		pc, err = net.FilePacketConn(old)
		err = errors.Join(err, old.Close())
	default:
		var lc net.ListenConfig
		pc, err = lc.ListenPacket(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	info.Bound = pc.LocalAddr().String()
	s.hold(info, pc)
	return pc, nil
}

// File returns the file of that name which the predecessor kept, or nil if
// there is none. The caller owns it, and keeps it for a successor with Keep.
func (s *Sockets) File(name string) *os.File {
	f, _ := s.claim(fileInfo{Name: name, Kind: otherFile})
	return f
}

// Keep passes f on to a successor, until f is closed. It replaces what had
// that name. A pipe, a lock, a memory file: whatever has a descriptor.
func (s *Sockets) Keep(name string, f *os.File) {
	s.hold(fileInfo{Name: name, Kind: otherFile}, f)
}

// Adopted implements app.Adopter.
func (s *Sockets) Adopted(server string) net.Listener {
	if s.heir == nil {
		return nil
	}
	s.mu.Lock()
	var addr net.Addr = &net.TCPAddr{}
	if h := s.held[server]; h != nil {
		if ln, ok := h.from.(net.Listener); ok {
			addr = ln.Addr()
		}
	}
	s.mu.Unlock()
	return s.heir.adoption(server, addr)
}

// free tells who uses a name twice.
func (s *Sockets) free(info fileInfo) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.held[info.Name]
	if h == nil || h.info.Kind == otherFile {
		return nil
	}
	fd, err := duplicate(h.from)
	if err != nil {
		return nil // closed
	}
	closeAll([]int{fd})
	return fmt.Errorf("two servers ask for the socket %q, which is open on %s: give each a name of its own", info.Name, h.info.Bound)
}

func (s *Sockets) hold(info fileInfo, from any) {
	h := &held{info: info, from: from}
	if ln, ok := from.(*net.UnixListener); ok {
		ln.SetUnlinkOnClose(false)
		h.path = statUnix(ln.Addr().String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[info.Name] = h
}

// manifest duplicates what is open, for a successor. The caller closes fds.
func (s *Sockets) manifest() (files []fileInfo, fds []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.held {
		if fd, err := duplicate(h.from); err == nil { // else it is closed, and nobody's any more
			files, fds = append(files, h.info), append(fds, fd)
		}
	}
	return files, fds
}
