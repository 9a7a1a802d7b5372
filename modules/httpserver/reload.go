package httpserver

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config"
)

// reload prepares a change of the settings that can change while the server runs: its address, its certificate, and the
// limits that are this package's own. What it cannot do is an error, and nothing changes. The limits and timeouts of
// net/http are not among them: it reads them for every connection without a lock, so they wait for a restart.
func (s *Server) reload(ctx context.Context, c config.Change[Config]) (config.Tx, error) {
	pair, err := s.prepareTLS(c.Old.TLS, c.New.TLS)
	if err != nil {
		return config.Tx{}, fmt.Errorf("%s.%w", s.name, err)
	}
	var next *listener
	if c.Touched("addr") && s.http.Addr == "" {
		if next, err = s.listen(ctx, c.New); err != nil {
			return config.Tx{}, err
		}
	}
	return config.Tx{
		Commit: func() {
			if pair != nil {
				s.cert.current.Store(pair)
			}
			if next != nil {
				s.moveTo(next)
			}
			s.conns.setLimit(c.New.MaxConnections)
			s.conns.changeBeat()
		},
		Rollback: func() {
			if next != nil {
				_ = next.Close()
			}
		},
	}, nil
}

func (s *Server) prepareTLS(old, next TLSConfig) (*keyPair, error) {
	switch {
	case reflect.DeepEqual(old, next):
		return nil, nil
	case (old.CertFile == "") != (next.CertFile == ""):
		return nil, errors.New("tls: cannot be switched on or off while the server runs; restart")
	case next.CertFile == "":
		return nil, nil
	}
	return loadKeyPair(next.CertFile, next.KeyFile)
}
