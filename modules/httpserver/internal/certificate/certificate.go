// Package certificate reads a certificate from files, and reads it again when they
// have changed.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// Certificate holds the pair in force. Handshakes read it while a reload or a check
// replaces it.
type Certificate struct {
	current atomic.Pointer[Pair]

	mu     sync.Mutex // guards everything below: a tick and a reload may come at the same time
	failed pemFiles   // the bytes that could not be used, so that they are reported once
	warned *Pair      // the pair whose end was reported
}

// Source is where a pair comes from: the names of PEM files.
type Source struct {
	CertFile, KeyFile string
	ClientCAFile      string // empty: clients need no certificate
	MinVersion        uint16 // of TLS, with this pair
}

// Pair is a certificate as it was read, with the authorities of client
// certificates.
type Pair struct {
	tls.Certificate
	ClientCAs *x509.CertPool // nil: clients need no certificate
	From      Source
	read      pemFiles
}

// SameClientCAs reports whether the authorities were read from the same bytes.
func (p *Pair) SameClientCAs(as *Pair) bool { return p.read[2] == as.read[2] }

// New returns a Certificate with p in force.
func New(p *Pair) *Certificate {
	c := &Certificate{}
	c.current.Store(p)
	return c
}

// Current returns the pair in force.
func (c *Certificate) Current() *Pair { return c.current.Load() }

// Replace puts p in force.
func (c *Certificate) Replace(p *Pair) { c.current.Store(p) }

// pemFiles are the bytes of the certificate, its key and the client authorities.
type pemFiles [3]string

// Load reads the files that c names. Its error names the key at fault.
func Load(c Source) (*Pair, error) {
	files, err := c.read()
	if err != nil {
		return nil, err
	}
	return c.parse(files)
}

func (c Source) read() (files pemFiles, err error) {
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

func (c Source) parse(files pemFiles) (*Pair, error) {
	pair, err := tls.X509KeyPair([]byte(files[0]), []byte(files[1]))
	if err != nil {
		return nil, config.Invalid("tls.cert_file", "%s with tls.key_file %s: %w", c.CertFile, c.KeyFile, err)
	}
	p := &Pair{Certificate: pair, From: c, read: files}
	if c.ClientCAFile != "" {
		p.ClientCAs = x509.NewCertPool()
		if !p.ClientCAs.AppendCertsFromPEM([]byte(files[2])) {
			return nil, config.Invalid("tls.client_ca_file", "%s holds no certificate in PEM form", c.ClientCAFile)
		}
	}
	return p, nil
}

// Refresh returns a pair if the files have changed, or else nil. Files that cannot
// be used change nothing; they are an error once.
func (c *Certificate) Refresh() (next *Pair, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.current.Load()
	files, err := now.From.read()
	if err == nil && files == now.read {
		c.failed = pemFiles{}
		return nil, nil
	}
	if err == nil {
		next, err = now.From.parse(files)
	}
	if err != nil {
		if files == (pemFiles{}) {
			files[0] = err.Error() // in place of the bytes, which cannot be read
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

// EndsSoon returns the end of the certificate, and true once, when it should have
// been renewed already.
func (c *Certificate) EndsSoon(now time.Time) (end time.Time, soon bool) {
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
