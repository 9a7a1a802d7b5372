package httpserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// certificate is the pair in force. Handshakes read it while others replace it.
type certificate struct {
	current atomic.Pointer[keyPair]

	mu     sync.Mutex // guards what follows: a tick and a reload may come at the same time
	failed pemFiles   // the bytes that were no good, so that they are reported once
	warned *keyPair   // the pair whose end was announced
}

// keyPair is a certificate as it was read, with the authorities of client
// certificates.
type keyPair struct {
	tls.Certificate
	clientCAs *x509.CertPool // nil: clients need no certificate
	from      TLSConfig
	read      pemFiles
}

// pemFiles are the bytes of the certificate, its key and the client authorities.
type pemFiles [3]string

// loadKeyPair reads the files that c names. Its error names the key at fault.
func loadKeyPair(c *TLSConfig) (*keyPair, error) {
	files, err := c.read()
	if err != nil {
		return nil, err
	}
	return c.parse(files)
}

func (c *TLSConfig) read() (files pemFiles, err error) {
	var errs []error
	for i, f := range []struct{ key, name string }{{"tls.cert_file", c.CertFile}, {"tls.key_file", c.KeyFile}, {"tls.client_ca_file", c.ClientCAFile}} {
		if f.name == "" {
			continue
		}
		bytes, err := os.ReadFile(f.name)
		if err != nil {
			errs = append(errs, config.Invalid(f.key, "%w", err))
		}
		files[i] = string(bytes)
	}
	if len(errs) > 0 {
		return pemFiles{}, errors.Join(errs...)
	}
	return files, nil
}

func (c *TLSConfig) parse(files pemFiles) (*keyPair, error) {
	pair, err := tls.X509KeyPair([]byte(files[0]), []byte(files[1]))
	if err != nil {
		return nil, config.Invalid("tls.cert_file", "%s with tls.key_file %s: %w", c.CertFile, c.KeyFile, err)
	}
	p := &keyPair{Certificate: pair, from: *c, read: files}
	if c.ClientCAFile != "" {
		p.clientCAs = x509.NewCertPool()
		if !p.clientCAs.AppendCertsFromPEM([]byte(files[2])) {
			return nil, config.Invalid("tls.client_ca_file", "%s holds no certificate in PEM form", c.ClientCAFile)
		}
	}
	return p, nil
}

// refresh returns what has changed in the files, nil if nothing has. What cannot be
// used changes nothing; it is an error once.
func (c *certificate) refresh() (next *keyPair, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.current.Load()
	files, err := now.from.read()
	if err == nil && files == now.read {
		c.failed = pemFiles{}
		return nil, nil
	}
	if err == nil {
		next, err = now.from.parse(files)
	}
	if err != nil {
		if files == (pemFiles{}) {
			files[0] = err.Error() // a file that cannot be read has no bytes
		}
		if files == c.failed {
			return nil, nil
		}
		c.failed = files
		return nil, err
	}
	c.failed = pemFiles{}
	if !c.current.CompareAndSwap(now, next) {
		return nil, nil // a reload has just named other files
	}
	return next, nil
}

// endsSoon returns the end of the certificate once, when too little of its life is
// left to renew it.
func (c *certificate) endsSoon(now time.Time) (end time.Time, soon bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pair := c.current.Load()
	if pair.Leaf == nil || c.warned == pair {
		return time.Time{}, false
	}
	life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore)
	if now.Before(pair.Leaf.NotAfter.Add(-min(life/4, 21*24*time.Hour))) {
		return time.Time{}, false
	}
	c.warned = pair
	return pair.Leaf.NotAfter, true
}

// watchPeriod is how often the files are read. There is no event that means: both
// files are complete.
const watchPeriod = 10 * time.Second

// watchCertificate looks at the files periodically, and after every reload, until
// ctx ends.
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

// lookAtCertificate takes over a renewed certificate and warns of one that is
// not renewed.
func (s *Server) lookAtCertificate() {
	attrs := []slog.Attr{slog.String("server", s.name), slog.String("cert_file", s.cert.current.Load().from.CertFile)}
	before := s.cert.current.Load()
	switch next, err := s.cert.refresh(); {
	case err != nil:
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "certificate not taken over, the one in force stays", Err: err, Attrs: attrs})
	case next != nil:
		if before.read[2] != next.read[2] {
			s.replaceServer(func(hs *http.Server) { hs.TLSConfig = s.withCertificate() })
		}
		s.app.Note(app.Note{Level: slog.LevelInfo, Text: "certificate taken over", Attrs: attrs})
	}
	if end, soon := s.cert.endsSoon(time.Now()); soon {
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "certificate ends soon and has not been renewed", Attrs: append(attrs, slog.Time("end", end))})
	}
}
