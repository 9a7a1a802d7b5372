package httpserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

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

// setUpTLS loads the certificate of the configuration, if there is one.
func (s *Server) setUpTLS() error {
	c := s.config().TLS
	if c.CertFile == "" {
		return nil
	}
	pair, err := loadKeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return err
	}
	cert := &certificate{}
	cert.current.Store(pair)
	t, err := c.apply(s.http.TLSConfig, cert)
	if err != nil {
		return err
	}
	s.http.TLSConfig, s.cert = t, cert
	return nil
}

// hasCertificate tells whether a server with this configuration speaks TLS.
func hasCertificate(c *tls.Config) bool {
	return c != nil && (len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil)
}
