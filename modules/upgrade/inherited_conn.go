package upgrade

import (
	"fmt"
	"sync"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// fromPredecessor is the connection to the predecessor of this process. It belongs
// to the process and not to an App, since the predecessor must also learn that no
// App could be built. Therefore this one variable of the package can change: once,
// when the first Upgrader takes the connection.
var fromPredecessor = &inheritedConn{fd: process.AtStart().FD}

type inheritedConn struct {
	mu    sync.Mutex // guards everything below
	fd    int        // -1 if there is none, or if it was taken
	taken *predecessor
}

// take makes p the predecessor of this process. It returns nil if there is none, or
// if another Upgrader already has it.
func (i *inheritedConn) take(p *predecessor) (*predecessor, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fd < 0 {
		return nil, nil
	}
	fd := i.fd
	i.fd = -1
	conn, err := wire.FromFD(fd)
	if err != nil {
		return nil, err
	}
	p.conn, p.gone, p.read = conn, make(chan struct{}), make(chan struct{})
	i.taken = p
	if err := p.greet(handshakeTime); err != nil {
		p.send(wire.Failed, wire.Text(err.Error()))
		conn.Close()
		return nil, fmt.Errorf("take over from the predecessor: %w", err)
	}
	return p, nil
}

// fail reports to the predecessor, if it waits for this process to become ready,
// that it never will.
func (i *inheritedConn) fail(err error) {
	i.mu.Lock()
	fd, p := i.fd, i.taken
	i.fd = -1
	i.mu.Unlock()
	if p == nil && fd >= 0 {
		conn, bad := wire.FromFD(fd)
		if bad != nil {
			return
		}
		p = &predecessor{conn: conn}
	}
	if p != nil {
		p.failed(err)
	}
}
