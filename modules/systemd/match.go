package systemd

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// serves reports whether a socket that is bound to have matches a server's network
// and address. The any-address of one family matches that of the other, since
// ":8080" names neither. Port 0 matches nothing.
func serves(ctx context.Context, have net.Addr, network, address string) bool {
	switch have := have.(type) {
	case *net.TCPAddr:
		return strings.HasPrefix(network, "tcp") && sameIP(ctx, have.AddrPort(), network, address)
	case *net.UDPAddr:
		return strings.HasPrefix(network, "udp") && sameIP(ctx, have.AddrPort(), network, address)
	case *net.UnixAddr:
		return have.Network() == network && have.Name != "" && have.Name == address
	}
	return false
}

func sameIP(ctx context.Context, have netip.AddrPort, network, address string) bool {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil || port == 0 || port != int(have.Port()) {
		return false
	}
	ip := have.Addr().Unmap()
	if network[len(network)-1] == '4' && ip.Is6() && !ip.IsUnspecified() || network[len(network)-1] == '6' && ip.Is4() {
		return false
	}
	if host == "" {
		return ip.IsUnspecified()
	}
	wanted, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false
	}
	for _, w := range wanted {
		if w = w.Unmap(); w == ip || w.IsUnspecified() && ip.IsUnspecified() {
			return true
		}
	}
	return false
}
