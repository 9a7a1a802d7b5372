package listener

import (
	"fmt"
	"net"
	"strconv"

	"github.com/gracefulfx/graceful/modules/config"
)

// Explain adds to the error of a failed listen what to do about it, and the key
// addr of the section that has the address.
func Explain(err error, section, network, addr string) error {
	if network == "unix" {
		return config.Invalid("addr", "%w", err)
	}
	_, port, _ := net.SplitHostPort(addr)
	switch kindOf(err) {
	case portTaken:
		return config.Invalid("addr", "port %s is taken%s; stop that, or set %s.addr: %w", port, byHolder(port), section, err)
	case portPrivileged:
		return config.Invalid("addr", "port %s needs a privilege; use one above 1023, or set %s.addr: %w", port, section, err)
	case notOurAddress:
		return config.Invalid("addr", "this machine does not have the address %s; set %s.addr: %w", addr, section, err)
	}
	return config.Invalid("addr", "%w", err)
}

func byHolder(port string) string {
	if n, err := strconv.Atoi(port); err == nil {
		if holder := holderOf(n); holder != "" {
			return fmt.Sprintf(" by %s", holder)
		}
	}
	return ""
}

// problem is a cause that an operator can remove.
type problem int

const (
	otherProblem problem = iota
	portTaken
	portPrivileged
	notOurAddress
)
