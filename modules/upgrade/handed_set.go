package upgrade

import (
	"net"
	"slices"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// handedSet holds the handedConns of every server of this process. It is nil in a
// process without a predecessor.
type handedSet struct {
	mu     sync.Mutex // guards everything below
	of     map[string]*handedConns
	sealed bool // a new server gets nothing any more
}

// listener returns the listener of a server. There is one; the first options count.
func (s *handedSet) listener(server string, addr net.Addr, options app.HandoverOptions) net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.of[server]
	if l == nil {
		l = newHandedConns(addr, options)
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

// abilities returns what each server takes.
func (s *handedSet) abilities() abilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := abilities{}
	for server, l := range s.of {
		all.add(server, l.options.Kinds...)
	}
	return all
}

// find returns the listener for each connection, nil where there is none.
func (s *handedSet) find(states wire.StatesBody) []*handedConns {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*handedConns, len(states))
	for i, c := range states {
		if l := s.of[c.Server]; l != nil && slices.Contains(l.options.Kinds, c.Kind) {
			all[i] = l
		}
	}
	return all
}

// open lets every server accept what has come, since this process is in charge.
func (s *handedSet) open() { s.seal((*handedConns).open) }

// close ends every listener: nothing is handed over any more.
func (s *handedSet) close() { s.seal(func(l *handedConns) { _ = l.Close() }) }

// drop gives up what has come, since this process will not be in charge.
func (s *handedSet) drop() { s.seal((*handedConns).drop) }

func (s *handedSet) seal(do func(*handedConns)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	for _, l := range s.of {
		do(l)
	}
}
