package otel

import (
	"net/url"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section otel. Other settings, such as headers or a sampler, are
// read from the variables of the OpenTelemetry specification.
type Config struct {
	Endpoint     string        `config:"endpoint" reload:"restart" doc:"URL of an OTLP/HTTP collector, such as http://127.0.0.1:4318; empty means OTEL_EXPORTER_OTLP_ENDPOINT, and without that nothing is sent"`
	FlushTimeout time.Duration `config:"flush_timeout" doc:"time a stop has to send what is still here; it counts in stop.timeout"`
}

// DefaultConfig returns the settings that hold without a configuration.
func DefaultConfig() Config { return Config{FlushTimeout: 3 * time.Second} }

// Validate refuses an invalid address, and a flush without time.
func (c *Config) Validate() error {
	if c.FlushTimeout <= 0 {
		return config.Invalid("flush_timeout", "%v is not positive; write for example 3s", c.FlushTimeout)
	}
	if c.Endpoint == "" {
		return nil
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return config.Invalid("endpoint", "%q is no URL of a collector; write for example http://127.0.0.1:4318", c.Endpoint)
	}
	return nil
}
