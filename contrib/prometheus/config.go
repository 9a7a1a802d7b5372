package prometheus

import (
	"net"
	"regexp"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section metrics.
type Config struct {
	Addr   string `config:"addr" reload:"restart" doc:"host:port on which /metrics is served, beside the application's own; empty for none"`
	Prefix string `config:"prefix" reload:"restart" doc:"what the names of metrics begin with"`
}

// DefaultConfig is what holds without a configuration.
func DefaultConfig() Config { return Config{Prefix: DefaultPrefix} }

var validPrefix = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// Validate refuses an address or a prefix that cannot work.
func (c *Config) Validate() error {
	if !validPrefix.MatchString(c.Prefix) {
		return config.Invalid("prefix", "%q is no beginning of a metric's name: use letters, digits and _", c.Prefix)
	}
	if c.Addr == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return config.Invalid("addr", "%q is not host:port: %w", c.Addr, err)
	}
	return nil
}
