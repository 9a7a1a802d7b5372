package httpserver

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/certificate"
)

// watchPeriod is how often the files are read. There is no event for "both files
// are complete".
const watchPeriod = 10 * time.Second

// watchCertificate checks the files periodically, and after every reload, until ctx
// ends.
func (s *Server) watchCertificate(ctx context.Context) {
	reloaded := make(chan struct{}, 1)
	s.app.Observe(func(e app.Event) {
		if c, ok := e.(app.CommandEnded); ok && c.Answer.Command == app.Reload {
			select {
			case reloaded <- struct{}{}:
			default:
			}
		}
	})
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		s.lookAtCertificate()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-reloaded:
		}
	}
}

// lookAtCertificate takes over a renewed certificate, and warns of one that is
// about to expire.
func (s *Server) lookAtCertificate() {
	attrs := []slog.Attr{slog.String("server", s.name), slog.String("cert_file", s.cert.Current().From.CertFile)}
	before := s.cert.Current()
	switch next, err := s.cert.Refresh(); {
	case err != nil:
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "certificate not taken over, the one in force stays", Err: err, Attrs: attrs})
	case next != nil:
		if !next.SameClientCAs(before) {
			s.replaceServer(func(hs *http.Server) { hs.TLSConfig = s.withCertificate() })
		}
		s.app.Note(app.Note{Level: slog.LevelInfo, Text: "certificate taken over", Attrs: attrs})
	}
	if end, soon := s.cert.EndsSoon(time.Now()); soon {
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "certificate ends soon and has not been renewed", Attrs: append(attrs, slog.Time("end", end))})
	}
}

// withCertificate returns the TLS configuration of the application, completed by
// the settings from which the pair in force comes. The certificate itself is looked
// up for each handshake; the rest holds for connections that are accepted from then
// on.
func (s *Server) withCertificate() *tls.Config {
	pair := s.cert.Current()
	t := &tls.Config{}
	if s.ownTLS != nil {
		t = s.ownTLS.Clone()
	}
	if t.MinVersion == 0 {
		t.MinVersion = pair.From.MinVersion
	}
	t.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &s.cert.Current().Certificate, nil }
	if pair.ClientCAs != nil {
		t.ClientCAs, t.ClientAuth = pair.ClientCAs, tls.RequireAndVerifyClientCert
	}
	return t
}

// setUpTLS loads the certificate of the configuration, if there is one.
func (s *Server) setUpTLS() error {
	c := s.config().TLS
	if c.CertFile == "" {
		return nil
	}
	pair, err := certificate.Load(c.source())
	if err != nil {
		return err
	}
	s.cert, s.ownTLS = certificate.New(pair), s.http.TLSConfig
	s.http.TLSConfig = s.withCertificate()
	return nil
}
