package httpserver

import (
	"context"
	"net/http"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/certificate"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
)

// reload prepares a change of the settings that can change while the server runs. A
// change that is not possible is an error that names its key, and nothing changes.
// Timeouts and limits of net/http, and the settings of TLS, apply to connections
// accepted from then on.
func (s *Server) reload(ctx context.Context, c config.Change[Config]) (config.Tx, error) {
	if s.off != s.isOff(c.New) {
		return config.Tx{}, config.Invalid("addr", "a server cannot be switched on or off while the process runs; restart or upgrade it")
	}
	if s.off {
		return config.Tx{}, nil
	}
	pair, err := s.prepareTLS(c.Old.TLS, c.New.TLS)
	if err != nil {
		return config.Tx{}, err
	}
	var next, opened listener.Group
	moves := c.Touched("addr") && s.http.Addr == ""
	if moves {
		if next, opened, err = s.change(ctx, c.New); err != nil {
			return config.Tx{}, err
		}
	}
	return config.Tx{
		Commit: func() {
			if pair != nil {
				s.cert.Replace(pair)
			}
			if pair != nil || s.fromConfig.apply(original.Copy(s.settings()), c.New) {
				s.replaceServer(func(hs *http.Server) {
					s.fromConfig.apply(hs, c.New)
					if pair != nil {
						hs.TLSConfig = s.withCertificate()
					}
				})
			}
			if moves {
				s.moveTo(next, opened)
			}
			s.conns.SetLimit(c.New.MaxConnections)
			s.conns.SetLifetime(c.New.MaxConnectionAge, c.New.MaxConnectionRequests)
			s.conns.ChangeTimeout()
			s.conns.ChangeRest()
		},
		Rollback: func() { _ = opened.Close() },
	}, nil
}

func (s *Server) prepareTLS(old, next TLSConfig) (*certificate.Pair, error) {
	switch {
	case reflect.DeepEqual(old, next):
		return nil, nil
	case (old.CertFile == "") != (next.CertFile == ""):
		return nil, config.Invalid("tls.cert_file", "TLS cannot be switched on or off while the server runs; restart")
	case next.CertFile == "":
		return nil, nil
	}
	return certificate.Load(next.source())
}
