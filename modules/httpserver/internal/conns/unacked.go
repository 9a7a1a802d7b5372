package conns

import (
	"net"
	"os"
	"slices"
	"sync"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// A response has been written when the kernel has it, and close(2) leaves the rest
// to the kernel. In a container that is not enough: when the process ends, the
// network namespace goes, and with it what the client has not acknowledged. So a
// drain holds on to such sockets: the connection is shut down for writing, which
// sends the FIN after the last byte, and a duplicate of the descriptor stays open
// until the client has acknowledged all.

// departed are the duplicates.
type departed struct {
	added chan struct{} // there may be one to look at

	mu    sync.Mutex // guards everything below
	files []*os.File
	cut   bool // no more are held
}

// holdUnacked is called before the connection is closed.
func (t *Tracked) holdUnacked() {
	if !t.set.draining.Load() {
		return
	}
	tcp, ok := t.socket.(*net.TCPConn)
	if !ok {
		return
	}
	if pending, _ := socket.Sending(tcp); !pending {
		return
	}
	f, err := tcp.File()
	if err != nil { // closed already, or no descriptor is left
		return
	}
	_ = tcp.CloseWrite()
	t.set.departed.add(f)
}

func (d *departed) add(f *os.File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		_ = f.Close()
		return
	}
	d.files = append(d.files, f)
	select {
	case d.added <- struct{}{}:
	default: // Drain is about to look
	}
}

func (d *departed) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.files)
}

// sweep closes those whose client has everything, and returns how many are left.
func (d *departed) sweep() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = slices.DeleteFunc(d.files, func(f *os.File) bool {
		if pending, _ := socket.Sending(f); pending {
			return false
		}
		_ = f.Close()
		return true
	})
	return len(d.files)
}

// Unacked counts the connections that are closed, and whose clients have not
// acknowledged all of their response.
func (s *Set) Unacked() int { return s.departed.len() }

// CutUnacked gives up waiting for acknowledgements, now and from now on. The kernel
// goes on sending as long as it can.
func (s *Set) CutUnacked() {
	d := &s.departed
	d.mu.Lock()
	for _, f := range d.files {
		_ = f.Close()
	}
	d.files, d.cut = nil, true
	d.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeIfEmptyLocked()
}
