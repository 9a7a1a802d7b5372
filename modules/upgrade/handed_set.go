package upgrade

import (
	"maps"
	"net"
	"slices"
	"sync"
)

// handedSet holds the handedConns of every server of this process. A nil one is
// that of a process without a predecessor.
type handedSet struct {
	mu     sync.Mutex // guards everything below
	of     map[string]*handedConns
	sealed bool // a server that is new gets nothing any more
}

// listener returns the listener of a server, which exists once.
func (s *handedSet) listener(server string, addr net.Addr) net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.of[server]
	if l == nil {
		l = newHandedConns(addr)
		if s.sealed {
			_ = l.Close()
		}
		if s.of == nil {
			s.of = map[string]*handedConns{}
		}
		s.of[server] = l
	}
	return l
}

// servers returns the names of those that take connections, sorted.
func (s *handedSet) servers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.of))
}

// find returns the listeners of servers; nil where there is none.
func (s *handedSet) find(servers []string) []*handedConns {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*handedConns, len(servers))
	for i, server := range servers {
		all[i] = s.of[server]
	}
	return all
}

// open lets every server have what has come: this process is in charge.
func (s *handedSet) open() { s.seal((*handedConns).open) }

// close says that nothing is handed over any more.
func (s *handedSet) close() { s.seal(func(l *handedConns) { _ = l.Close() }) }

// drop gives up what has come: this process will not be in charge.
func (s *handedSet) drop() { s.seal((*handedConns).drop) }

func (s *handedSet) seal(do func(*handedConns)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	for _, l := range s.of {
		do(l)
	}
}
