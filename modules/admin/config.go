package admin

import (
	"net"
	"path/filepath"
	"strings"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section admin.
type Config struct {
	Addr string `config:"addr" reload:"restart" doc:"socket path or loopback host:port of the admin API; off for none; empty for a socket in the runtime directory"`

	// Names or numbers. Besides their members, only the user of the process and
	// root get answers. Others can then connect to the socket, and are refused.
	Groups  []string `config:"groups" reload:"restart" doc:"groups whose members may use the admin socket as well"`
	Readers []string `config:"readers" reload:"restart" doc:"groups whose members may look, and change nothing"`
}

// DefaultConfig returns the settings that hold without a configuration.
func DefaultConfig() Config { return Config{} }

// Off is the address that means: no admin API.
const Off = "off"

// Validate refuses an address that other machines could reach.
func (c *Config) Validate() error {
	network, addr := c.split()
	if network == "tcp" && len(c.Groups)+len(c.Readers) > 0 {
		return config.Invalid("groups", "a port does not know its users, since anybody with the token may use it: use a socket")
	}
	switch {
	case network == "" || network == "unix" && filepath.IsAbs(addr):
		return nil
	case network == "unix":
		return config.Invalid("addr", "%q is not an absolute path", addr)
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return config.Invalid("addr", "%q is neither a socket's absolute path nor host:port nor %q: %w", addr, Off, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return config.Invalid("addr", "%q can be reached from other machines: use 127.0.0.1, [::1] or a socket, and a tunnel (ssh -L) from elsewhere", addr)
	}
	return nil
}

// wanted reports whether the configuration asks for the API, so that a start
// without it fails.
func (c *Config) wanted() bool { return c.Addr != "" || len(c.Groups)+len(c.Readers) > 0 }

// split returns the network and the address; network is "" for the default and for
// off.
func (c *Config) split() (network, addr string) {
	path, unix := strings.CutPrefix(c.Addr, "unix:")
	switch {
	case c.Addr == "" || c.Addr == Off:
		return "", c.Addr
	case unix, strings.ContainsAny(path, `/\`):
		return "unix", path
	}
	return "tcp", c.Addr
}
