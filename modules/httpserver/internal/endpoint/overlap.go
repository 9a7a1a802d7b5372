package endpoint

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// lookupTimeout bounds the lookup of host names. A name that is not found in time
// counts as a different address; if it is not, listening on it fails.
const lookupTimeout = time.Second

// Overlap reports whether a server cannot listen on both. It may look up host
// names, for a second at most.
func Overlap(a, b app.Endpoint) bool {
	if a.Network == "unix" || b.Network == "unix" {
		return a == b
	}
	if n := port(a); n == 0 || n != port(b) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	hostA, hostB := hosts(ctx, a), hosts(ctx, b)
	return slices.ContainsFunc(hostA, func(x host) bool { return slices.ContainsFunc(hostB, x.meets) })
}

// host is an address of one family; nil means all addresses.
type host struct {
	family string
	ip     net.IP
}

func (h host) meets(other host) bool {
	return h.family == other.family && (h.ip == nil || other.ip == nil || h.ip.Equal(other.ip))
}

func hosts(ctx context.Context, e app.Endpoint) (all []host) {
	name, _, _ := net.SplitHostPort(e.Address)
	ips := []net.IP{net.ParseIP(name)}
	switch {
	case name == "" || ips[0] != nil && ips[0].IsUnspecified():
		all = []host{{"tcp4", nil}, {"tcp6", nil}}
		return slices.DeleteFunc(all, func(h host) bool { return e.Network != "tcp" && h.family != e.Network })
	case ips[0] == nil:
		ips, _ = net.DefaultResolver.LookupIP(ctx, "ip", name)
	}
	for _, ip := range ips {
		family := "tcp6"
		if ip.To4() != nil {
			family = "tcp4"
		}
		all = append(all, host{family, ip})
	}
	return all
}
