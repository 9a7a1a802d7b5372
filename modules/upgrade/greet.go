package upgrade

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// handshakeTime is how long to wait for what the predecessor sends first.
const handshakeTime = 20 * time.Second

// greet reads what the predecessor sends first: HELLO, and the sockets that it
// announces. If the predecessor is already dead and has left nothing, this process
// goes on without it. Anything else is an error, and nothing that has come is kept.
func (p *predecessor) greet(patience time.Duration) error {
	var late atomic.Bool
	timer := time.AfterFunc(patience, func() { // Receive sets the deadlines of the connection itself
		late.Store(true)
		p.conn.Close()
	})
	defer timer.Stop()
	err := p.readIntroduction()
	switch {
	case late.Load():
		err = fmt.Errorf("the predecessor has sent nothing within %v: it is alive, and must be restarted", patience)
	case err != nil && isEnd(err):
		p.hello.Generation = max(p.hello.Generation, 2)
		err = nil // listen will see the end of the connection
	}
	if err != nil {
		p.sockets.close()
		return err
	}
	p.app.Wiring().SetGeneration(p.hello.Generation, p.gone)
	p.send(wire.Starting, nil)
	p.onStep("greeted")
	return nil
}

// isEnd reports whether err means that the predecessor has died.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || wire.IsHangup(err)
}

func (p *predecessor) readIntroduction() error {
	m, err := p.conn.Receive()
	if err != nil {
		return err
	}
	if m.Kind != wire.Hello {
		descriptor.CloseAll(m.FDs)
		return fmt.Errorf("the predecessor began with %v", m.Kind)
	}
	var hello wire.HelloBody
	if err := m.Into(&hello); err != nil {
		return err
	}
	if err := p.checkPeer(hello); err != nil {
		return err
	}
	p.hello = hello
	for left := hello.Files; left > 0; {
		n, err := p.readSockets(left)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// checkPeer asks the kernel which process is at the other end, and compares the
// answer with HELLO. Where the kernel does not know, HELLO counts.
func (p *predecessor) checkPeer(hello wire.HelloBody) error {
	peer, err := p.conn.Peer()
	switch {
	case err != nil: // macOS knows the peer of a connection, but not that of a pair
		return nil
	case peer.UID != os.Getuid() && peer.UID != os.Geteuid():
		return fmt.Errorf("the predecessor belongs to user %d, this process to user %d: "+
			"start the service in the ordinary way", peer.UID, os.Getuid())
	case peer.PID != 0 && hello.PID != peer.PID: // 0: in another PID namespace
		return fmt.Errorf("process %d says that it is process %d", peer.PID, hello.PID)
	}
	return nil
}

// readSockets reads one FILES, with at most the given number of sockets, and
// returns how many have come.
func (p *predecessor) readSockets(most int) (int, error) {
	m, err := p.conn.Receive()
	if err != nil {
		return 0, err
	}
	var l wire.FilesBody
	if err := m.Into(&l); err != nil || m.Kind != wire.Files || m.Missing > 0 || len(l.Files) == 0 || len(l.Files) > most {
		descriptor.CloseAll(m.FDs)
		if m.Missing > 0 {
			return 0, fmt.Errorf("of %d sockets, %d were lost: raise the limit of open files", len(l.Files), m.Missing)
		}
		return 0, errors.Join(fmt.Errorf("the predecessor sent %v with %d sockets where %d were due", m.Kind, len(m.FDs), most), err)
	}
	p.sockets.inherit(l.Files, m.FDs)
	return len(l.Files), nil
}
