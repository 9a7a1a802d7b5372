package httpserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// TLSConfig is the section tls of a server. Without a certificate the server speaks plain HTTP.
type TLSConfig struct {
	CertFile     string `config:"cert_file" doc:"PEM file with the certificate and its intermediates; a changed file is taken over without a restart"`
	KeyFile      string `config:"key_file" doc:"PEM file with the private key"`
	ClientCAFile string `config:"client_ca_file" reload:"restart" doc:"PEM file with the authorities of client certificates; set, every client must have one"`
	MinVersion   string `config:"min_version" reload:"restart" doc:"lowest protocol version, 1.2 or 1.3"`
}

func (c *TLSConfig) validate() error {
	var errs []error
	if c.CertFile != "" && c.KeyFile == "" {
		errs = append(errs, config.Invalid("tls.key_file", "is missing, though tls.cert_file is set"))
	}
	if c.KeyFile != "" && c.CertFile == "" {
		errs = append(errs, config.Invalid("tls.cert_file", "is missing, though tls.key_file is set"))
	}
	if c.ClientCAFile != "" && c.CertFile == "" {
		errs = append(errs, config.Invalid("tls.client_ca_file", "does nothing without tls.cert_file and tls.key_file"))
	}
	if _, ok := c.minVersion(); !ok {
		errs = append(errs, config.Invalid("tls.min_version", "%q is neither 1.2 nor 1.3", c.MinVersion))
	}
	return errors.Join(errs...)
}

func (c *TLSConfig) minVersion() (version uint16, ok bool) {
	switch c.MinVersion {
	case "1.2", "":
		return tls.VersionTLS12, true
	case "1.3":
		return tls.VersionTLS13, true
	}
	return 0, false
}

// apply returns base, or a new configuration, completed by c, with certificates from pair.
func (c *TLSConfig) apply(base *tls.Config, pair *certificate) (*tls.Config, error) {
	t := &tls.Config{}
	if base != nil {
		t = base.Clone()
	}
	if t.MinVersion == 0 {
		t.MinVersion, _ = c.minVersion()
	}
	t.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair.current.Load().Certificate, nil }
	if c.ClientCAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("tls.client_ca_file: %w", err)
	}
	t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !t.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls.client_ca_file: %s holds no certificate in PEM form", c.ClientCAFile)
	}
	return t, nil
}

// certificate is the pair in force. Handshakes read it while others replace it.
type certificate struct {
	current atomic.Pointer[keyPair]

	mu     sync.Mutex // guards what follows: the patrol and a reload may come at the same time
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

// watch calls look periodically, and whenever it is kicked, until ctx ends.
func watch(ctx context.Context, kick <-chan struct{}, look func()) {
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		look()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-kick:
		}
	}
}
