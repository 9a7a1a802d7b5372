package httpserver

import (
	"crypto/tls"
	"errors"
	"os"

	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/certificate"
)

// TLSConfig is the section tls of a server. Without a certificate the server speaks
// plain HTTP. An empty MinVersion is 1.2.
type TLSConfig struct {
	CertFile     string `config:"cert_file" doc:"PEM file with the certificate and its intermediates; a changed file is taken over without a restart"`
	KeyFile      string `config:"key_file" doc:"PEM file with the private key"`
	ClientCAFile string `config:"client_ca_file" doc:"PEM file with the authorities of client certificates; set, every client must have one; a changed file is taken over without a restart"`
	MinVersion   string `config:"min_version" doc:"lowest protocol version, 1.2 or 1.3"`
	Move         bool   `config:"move" reload:"restart" doc:"hand connections through TLS to the successor in an upgrade, with their keys; false drains them"`
	MoveHTTP2    bool   `config:"move_http2" reload:"restart" doc:"with move, hand over those of HTTP/2 as well, when no stream is open; false asks their clients to leave"`
}

func (c *TLSConfig) validate() error {
	var errs []error
	if c.CertFile != "" && c.KeyFile == "" {
		errs = append(errs, config.Invalid("tls.key_file", "is missing, though tls.cert_file is set"))
		if _, err := os.Stat(c.CertFile); err != nil { // both errors at once; with a key, reading the pair finds this one
			errs = append(errs, config.Invalid("tls.cert_file", "%v", err))
		}
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

// source returns where the certificate comes from.
func (c *TLSConfig) source() certificate.Source {
	lowest, _ := c.minVersion()
	return certificate.Source{CertFile: c.CertFile, KeyFile: c.KeyFile, ClientCAFile: c.ClientCAFile, MinVersion: lowest}
}
