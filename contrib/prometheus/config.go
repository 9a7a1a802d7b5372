package prometheus

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section metrics.
type Config struct {
	Addr     string `config:"addr" reload:"restart" doc:"host:port on which /metrics is served, beside the application's own; empty for none"`
	WebFile  string `config:"web_config_file" reload:"restart" doc:"file with TLS and users of that port, in the format of Prometheus' exporter-toolkit; empty for neither"`
	Prefix   string `config:"prefix" reload:"restart" doc:"what the names of metrics begin with"`
	AppLabel bool   `config:"app_label" reload:"restart" doc:"label every metric with the application, for two that share a registry"`
	Push     Push   `config:"push"`
}

// Push is the section metrics.push, for programs that end before they are scraped.
type Push struct {
	URL      string        `config:"url" doc:"Pushgateway to which a stop pushes all metrics, such as http://127.0.0.1:9091; empty for none"`
	User     string        `config:"user" doc:"user of the Pushgateway"`
	Password config.Secret `config:"password" doc:"password of that user"`
	Timeout  time.Duration `config:"timeout" doc:"time a push may take; it counts in stop.timeout"`
}

// DefaultConfig returns the settings that hold without a configuration.
func DefaultConfig() Config {
	return Config{Prefix: DefaultPrefix, Push: Push{Timeout: 3 * time.Second}}
}

var validPrefix = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// Validate refuses settings that cannot work.
func (c *Config) Validate() error {
	var errs []error
	if !validPrefix.MatchString(c.Prefix) {
		errs = append(errs, config.Invalid("prefix", "%q is no beginning of a metric's name: use letters, digits and _", c.Prefix))
	}
	if _, _, err := net.SplitHostPort(c.Addr); c.Addr != "" && err != nil {
		errs = append(errs, config.Invalid("addr", "%q is not host:port: %w", c.Addr, err))
	}
	if c.WebFile != "" {
		if err := web.Validate(c.WebFile); err != nil {
			errs = append(errs, config.Invalid("web_config_file", "%s: %w", c.WebFile, err))
		}
	}
	return errors.Join(append(errs, c.Push.validate()...)...)
}

func (p Push) validate() (errs []error) {
	if p.Timeout <= 0 {
		errs = append(errs, config.Invalid("push.timeout", "%v is not positive; write for example 3s", p.Timeout))
	}
	if p.URL == "" {
		return errs
	}
	switch u, err := url.Parse(p.URL); {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		errs = append(errs, config.Invalid("push.url", "this is no URL of a Pushgateway; write for example http://127.0.0.1:9091"))
	case u.User != nil:
		errs = append(errs, config.Invalid("push.url", "a URL with a password is shown to everyone; write push.user and push.password"))
	}
	return errs
}
