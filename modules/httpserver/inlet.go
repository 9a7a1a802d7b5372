package httpserver

import (
	"errors"
	"net"
	"sync"

	"github.com/gracefulfx/graceful/app"
)

// inlet is the listener through which net/http gets connections that were not accepted from the server's own socket:
// those that a predecessor hands on, and those that a successor could not take.
type inlet struct {
	mu     sync.Mutex // guards everything below
	addr   net.Addr   // of the server's own socket
	queue  []net.Conn
	turned bool // another http.Server accepts from now on
	closed bool
	wake   sync.Cond // of mu

	once   sync.Once
	served chan struct{} // closed when net/http's loop has ended; nil if it was never started
}

func newInlet() *inlet {
	in := &inlet{}
	in.wake.L = &in.mu
	return in
}

// put gives c, which is tracked, to net/http; once the inlet is closed, to nobody.
func (in *inlet) put(c net.Conn) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		drop(c)
		return
	}
	in.queue = append(in.queue, c)
	in.wake.Signal()
}

// Accept implements net.Listener.
func (in *inlet) Accept() (net.Conn, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.queue) == 0 && !in.turned && !in.closed {
		in.wake.Wait()
	}
	if in.closed {
		return nil, net.ErrClosed
	}
	if in.turned {
		in.turned = false
		return nil, errRenewed
	}
	c := in.queue[0]
	in.queue[0] = nil
	in.queue = in.queue[1:]
	return c, nil
}

// renew makes another http.Server serve what comes from now on.
func (in *inlet) renew() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.turned = true
	in.wake.Broadcast()
}

// inletTurn is what one http.Server gets to serve. When it ends, the inlet stays open for the next.
type inletTurn struct{ *inlet }

func (inletTurn) Close() error { return nil }

// Close implements net.Listener. Connections that nobody has accepted are closed.
func (in *inlet) Close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for _, c := range in.queue {
		drop(c)
	}
	in.queue = nil
	in.wake.Broadcast()
	return nil
}

// Addr implements net.Listener.
func (in *inlet) Addr() net.Addr {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.addr
}

func drop(c net.Conn) {
	l := lifeOf(c)
	_ = l.raw.Close()
	l.conns.remove(l)
}

// startInletLocked lets net/http serve what comes through the inlet. The caller holds s.mu.
func (s *Server) startInletLocked(addr net.Addr) {
	in := s.conns.inlet
	in.once.Do(func() {
		in.mu.Lock()
		in.addr = addr
		in.served = make(chan struct{})
		in.mu.Unlock()
		go func() {
			defer close(in.served)
			for err := errRenewed; errors.Is(err, errRenewed); {
				err = s.current().Serve(inletTurn{in})
			}
		}()
	})
}

// closeInlet ends that. Nothing may come back any more.
func (s *Server) closeInlet() {
	in := s.conns.inlet
	_ = in.Close()
	in.mu.Lock()
	served := in.served
	in.mu.Unlock()
	if served != nil {
		<-served
	}
}

// adopted returns the listener of what a predecessor hands on, nil if there is none.
func (s *Server) adopted(l *listener) net.Listener {
	from, ok := s.sockets.(app.HandoverSource)
	if !ok || l.layered {
		return nil
	}
	return from.HandedOver(s.name)
}

// adopt serves what a predecessor hands on, until that is all. The caller holds s.mu.
func (s *Server) adopt(from net.Listener) {
	s.startInletLocked(from.Addr())
	s.adopting.Go(func() {
		for {
			nc, err := from.Accept()
			if err != nil {
				return
			}
			c := s.conns.add(nc, false)
			lifeOf(c).quiet = &headTime{}
			s.conns.inlet.put(c)
		}
	})
}
