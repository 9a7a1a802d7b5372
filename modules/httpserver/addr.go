package httpserver

import (
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config"
)

// unixPrefix begins the address of a unix socket: unix:/run/app.sock, or unix:@name
// for an abstract one of Linux.
const unixPrefix = "unix:"

// Off is the address that means: no server.
const Off = "off"

func splitAddr(addr string) (network, address string) {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return "unix", path
	}
	return "tcp", addr
}

func validAddr(addr string) error {
	if addr == Off {
		return nil
	}
	if network, path := splitAddr(addr); network == "unix" {
		if path == "" {
			return config.Invalid("addr", "%q names no path; write unix:/run/app.sock", addr)
		}
		return nil
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
			return config.Invalid("addr", "%q is a port without its colon; write %q", addr, ":"+addr)
		}
		if !strings.Contains(addr, ":") {
			return config.Invalid("addr", "%q has no port; write %q", addr, addr+":8080")
		}
		return config.Invalid("addr", "%q is not host:port: %w", addr, err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
			return config.Invalid("addr", "%q is neither a port number nor a known service", port)
		}
		return nil
	}
	if n < 0 || n > 65535 {
		return config.Invalid("addr", "port %d is out of range; use 0 to 65535", n)
	}
	return nil
}

// validMode accepts what chmod does, in octal digits.
func validMode(mode string) error {
	if _, ok := parseMode(mode); !ok {
		return config.Invalid("socket_mode", "%q is no file mode; write for example \"0660\"", mode)
	}
	return nil
}

func parseMode(mode string) (m fs.FileMode, ok bool) {
	if mode == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(mode, 8, 32)
	return fs.FileMode(n), err == nil && n <= 0o777
}

func setMode(network, path, mode string) error {
	m, _ := parseMode(mode)
	if network != "unix" || mode == "" || strings.HasPrefix(path, "@") {
		return nil
	}
	return os.Chmod(path, m)
}
