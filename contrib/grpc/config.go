package grpcserver

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section grpc.
type Config struct {
	Addr   string        `config:"addr" reload:"restart" doc:"host:port to listen on, :0 takes a free port; unix:/path for a unix socket"`
	Linger time.Duration `config:"linger" doc:"how long a stop waits for clients that do not answer GOAWAY, while no call is open and no byte moves"`
}

// DefaultConfig returns the settings that hold without a configuration.
func DefaultConfig() Config { return Config{Addr: ":50051", Linger: 3 * time.Second} }

// Validate reports all mistakes, not only the first.
func (c *Config) Validate() error {
	var errs []error
	if network, addr := c.split(); network == "tcp" {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			errs = append(errs, config.Invalid("addr", "%q is not host:port: %w", addr, err))
		}
	} else if addr == "" {
		errs = append(errs, config.Invalid("addr", "%q names no path; write unix:/run/app.sock", c.Addr))
	}
	if c.Linger < 0 {
		errs = append(errs, config.Invalid("linger", "%v is negative; use 0 or more", c.Linger))
	}
	return errors.Join(errs...)
}

func (c *Config) split() (network, addr string) {
	if path, ok := strings.CutPrefix(c.Addr, "unix:"); ok {
		return "unix", path
	}
	return "tcp", c.Addr
}
