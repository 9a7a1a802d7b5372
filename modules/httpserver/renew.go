package httpserver

import (
	"errors"
	"net/http"
	"time"
)

// net/http reads its settings for every connection and request without a lock, so the *http.Server that serves must not
// change. It is copied instead, and the copy accepts from then on. What was accepted before keeps the settings it came
// under until it ends.

// errRenewed ends a Serve loop whose server has been replaced.
var errRenewed = errors.New("another server accepts from now on")

// copyOfServer returns a server like hs that has not served yet.
func copyOfServer(hs *http.Server) *http.Server {
	return &http.Server{
		Addr:                         hs.Addr,
		Handler:                      hs.Handler,
		DisableGeneralOptionsHandler: hs.DisableGeneralOptionsHandler,
		TLSConfig:                    hs.TLSConfig,
		ReadTimeout:                  hs.ReadTimeout,
		ReadHeaderTimeout:            hs.ReadHeaderTimeout,
		WriteTimeout:                 hs.WriteTimeout,
		IdleTimeout:                  hs.IdleTimeout,
		MaxHeaderBytes:               hs.MaxHeaderBytes,
		TLSNextProto:                 hs.TLSNextProto,
		ConnState:                    hs.ConnState,
		ErrorLog:                     hs.ErrorLog,
		BaseContext:                  hs.BaseContext,
		ConnContext:                  hs.ConnContext,
		HTTP2:                        hs.HTTP2,
		Protocols:                    hs.Protocols,
	}
}

// renew puts a changed copy of the server in its place.
func (s *Server) renew(change func(*http.Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return
	}
	next := copyOfServer(s.accepting)
	change(next)
	if s.h2 != nil {
		s.h2.setUp(next)
	}
	if s.accepting != s.http {
		s.older.add(s.accepting) // which lives as long as its connections
	}
	s.accepting = next
	if s.listener != nil {
		s.listener.renew()
	}
	s.conns.inlet.renew()
}

// current is the server that accepts.
func (s *Server) current() *http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepting
}

// all are the servers that may have connections.
func (s *Server) all() []*http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(s.older.all(), s.http)
	if s.accepting != s.http {
		all = append(all, s.accepting)
	}
	return all
}

// follows says which settings of an *http.Server are those of the configuration, and not the application's own.
type follows struct{ readHeader, read, write, idle, maxHeader bool }

func followsOf(hs *http.Server, c *Config) follows {
	return follows{
		readHeader: hs.ReadHeaderTimeout == c.ReadHeaderTimeout,
		read:       hs.ReadTimeout == c.ReadTimeout,
		write:      hs.WriteTimeout == c.WriteTimeout,
		idle:       hs.IdleTimeout == c.IdleTimeout,
		maxHeader:  hs.MaxHeaderBytes == c.MaxHeaderBytes,
	}
}

// change gives hs the settings of c and reports whether any is another than before.
func (f follows) change(hs *http.Server, c *Config) (changed bool) {
	set := func(follows bool, to *time.Duration, d time.Duration) {
		if follows && *to != d {
			*to, changed = d, true
		}
	}
	set(f.readHeader, &hs.ReadHeaderTimeout, c.ReadHeaderTimeout)
	set(f.read, &hs.ReadTimeout, c.ReadTimeout)
	set(f.write, &hs.WriteTimeout, c.WriteTimeout)
	set(f.idle, &hs.IdleTimeout, c.IdleTimeout)
	if f.maxHeader && hs.MaxHeaderBytes != c.MaxHeaderBytes {
		hs.MaxHeaderBytes, changed = c.MaxHeaderBytes, true
	}
	return changed
}
