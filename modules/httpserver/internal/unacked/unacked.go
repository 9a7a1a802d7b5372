// Package unacked holds sockets open until their clients have everything. A
// response counts as written when the kernel has it, and close(2) leaves the rest
// to the kernel. In a container that is not enough: when the process ends, the
// network namespace goes, and with it everything that the client has not
// acknowledged. So a drain holds such sockets: the connection is shut down for
// writing, which sends the FIN after the last byte, and a duplicate of the
// descriptor stays open until the client has acknowledged everything.
package unacked

import (
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// Sockets has the duplicates. Its methods may be called at any time by any
// goroutine, and none blocks.
type Sockets struct {
	Added chan struct{} // receives when one was added

	mu    sync.Mutex // guards everything below
	files []*os.File
	pause time.Duration // until the next Sweep
	cut   bool          // no more are held
}

// A client that reads a last response closes its connection, which acknowledges
// everything, within microseconds; one far away takes a round trip. So the pauses
// between sweeps grow. A sweep asks the kernel once for each socket.
const (
	shortestPause = 250 * time.Microsecond
	longestPause  = 5 * time.Millisecond
	perSocket     = 10 * time.Microsecond
)

// New returns Sockets that hold none.
func New() *Sockets { return &Sockets{Added: make(chan struct{}, 1)} }

// Hold holds the socket of nc, which is about to be closed. It does nothing if the
// client has everything.
func (d *Sockets) Hold(nc net.Conn) {
	tcp, ok := nc.(*net.TCPConn)
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
	d.add(f)
}

func (d *Sockets) add(f *os.File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		_ = f.Close()
		return
	}
	d.files = append(d.files, f)
	d.pause = shortestPause
	select {
	case d.Added <- struct{}{}:
	default: // the drain is already woken
	}
}

// Len returns how many are held.
func (d *Sockets) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.files)
}

// Pause returns how long to wait before the next Sweep.
func (d *Sockets) Pause() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(d.pause, time.Duration(len(d.files))*perSocket)
}

// Sweep closes sockets whose client has everything, and returns how many are left.
func (d *Sockets) Sweep() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = slices.DeleteFunc(d.files, func(f *os.File) bool {
		if pending, _ := socket.Sending(f); pending {
			return false
		}
		_ = f.Close()
		return true
	})
	d.pause = min(2*d.pause, longestPause)
	return len(d.files)
}

// Cut closes all of them, and holds none from now on. The kernel goes on sending as
// long as it can.
func (d *Sockets) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files {
		_ = f.Close()
	}
	d.files, d.cut = nil, true
}
