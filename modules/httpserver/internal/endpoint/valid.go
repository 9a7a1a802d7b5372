package endpoint

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config"
)

// Off is the address that means no server.
const Off = "off"

// Valid returns what is wrong with a list of addresses, the value of the key addr.
func Valid(list string) error {
	if list == Off {
		return nil
	}
	var errs []error
	for _, addr := range Split(list) {
		if addr == Off {
			errs = append(errs, config.Invalid("addr", "off is for no server, and stands alone; remove it, or the other addresses"))
			continue
		}
		errs = append(errs, valid(addr))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return disjoint(list)
}

// disjoint returns an error if a server cannot listen on two of the addresses at
// once.
func disjoint(list string) error {
	names, all := Split(list), Parse(list)
	for i, a := range all {
		for j, b := range all[:i] {
			switch {
			case a == b:
				return config.Invalid("addr", "%q stands twice; remove one", names[i])
			case Overlap(a, b):
				return config.Invalid("addr", "%q and %q share an address and port; remove one", names[j], names[i])
			}
		}
	}
	return nil
}

// valid returns what is wrong with one address.
func valid(addr string) error {
	if e := one(addr); e.Network == "unix" {
		if e.Address == "" {
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
