package httpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// certificate is the pair in force. Handshakes read it while others replace it.
type certificate struct {
	current atomic.Pointer[keyPair]

	mu     sync.Mutex // guards what follows: a tick and a reload may come at the same time
	failed [2]string  // the bytes that were no good, so that they are reported once
	warned *keyPair   // the pair whose end was announced
}

// keyPair is a certificate as it was read.
type keyPair struct {
	tls.Certificate
	certFile, keyFile string
	read              [2]string // the bytes of both files
}

func loadKeyPair(certFile, keyFile string) (*keyPair, error) {
	bytes, err := readPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	return parseKeyPair(certFile, keyFile, bytes)
}

func readPair(certFile, keyFile string) (bytes [2]string, err error) {
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return bytes, fmt.Errorf("tls.cert_file: %w", err)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return bytes, fmt.Errorf("tls.key_file: %w", err)
	}
	return [2]string{string(cert), string(key)}, nil
}

func parseKeyPair(certFile, keyFile string, bytes [2]string) (*keyPair, error) {
	c, err := tls.X509KeyPair([]byte(bytes[0]), []byte(bytes[1]))
	if err != nil {
		return nil, fmt.Errorf("tls.cert_file %s with tls.key_file %s: %w", certFile, keyFile, err)
	}
	return &keyPair{Certificate: c, certFile: certFile, keyFile: keyFile, read: bytes}, nil
}

// refresh takes over what has changed in the files. A pair that cannot be used changes nothing; it is an error once.
func (c *certificate) refresh() (changed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.current.Load()
	bytes, err := readPair(now.certFile, now.keyFile)
	if err == nil && bytes == now.read {
		c.failed = [2]string{}
		return false, nil
	}
	var next *keyPair
	if err == nil {
		next, err = parseKeyPair(now.certFile, now.keyFile, bytes)
	}
	if err != nil {
		if bytes == [2]string{} {
			bytes[0] = err.Error() // a file that cannot be read has no bytes
		}
		if bytes == c.failed {
			return false, nil
		}
		c.failed = bytes
		return false, err
	}
	c.failed = [2]string{}
	return c.current.CompareAndSwap(now, next), nil // else a reload has just named other files
}

// endsSoon returns the end of the certificate once, when too little of its life is left for whoever renews it.
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

// watchPeriod is how often the files are read. There is no event that means: both files are complete.
const watchPeriod = 10 * time.Second

// watchCertificate looks at the files periodically, and after every reload, until ctx ends.
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

// lookAtCertificate takes over a renewed certificate and warns of one that nobody renews.
func (s *Server) lookAtCertificate() {
	attrs := []slog.Attr{slog.String("server", s.name), slog.String("cert_file", s.cert.current.Load().certFile)}
	switch changed, err := s.cert.refresh(); {
	case err != nil:
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "certificate not taken over, the one in force stays", Err: err, Attrs: attrs})
	case changed:
		s.app.Note(app.Note{Level: slog.LevelInfo, Text: "certificate taken over", Attrs: attrs})
	}
	if end, soon := s.cert.endsSoon(time.Now()); soon {
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "certificate ends soon and has not been renewed", Attrs: append(attrs, slog.Time("end", end))})
	}
}
