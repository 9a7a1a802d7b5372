package httpserver

import (
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
	for len(in.queue) == 0 && !in.closed {
		in.wake.Wait()
	}
	if in.closed {
		return nil, net.ErrClosed
	}
	c := in.queue[0]
	in.queue[0] = nil
	in.queue = in.queue[1:]
	return c, nil
}

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
		hs := s.accepting
		go func() {
			defer close(in.served)
			_ = hs.Serve(in)
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
	from, ok := s.sockets.(app.Adopter)
	if !ok || l.layered {
		return nil
	}
	return from.Adopted(s.name)
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
