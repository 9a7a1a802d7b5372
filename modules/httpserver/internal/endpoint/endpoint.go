// Package endpoint parses the addresses of a server: host:port or unix:/path, one
// or several, separated by commas.
package endpoint

import (
	"net"
	"strings"

	"github.com/gracefulfx/graceful/app"
)

// unixPrefix begins the address of a unix socket: unix:/run/app.sock, or unix:@name
// for an abstract one of Linux.
const unixPrefix = "unix:"

// Split returns the single addresses of a list.
func Split(list string) []string {
	all := strings.Split(list, ",")
	for i, addr := range all {
		all[i] = strings.TrimSpace(addr)
	}
	return all
}

// Parse returns what to listen on. If a list has the wildcards of both families for
// one port, each is opened for its family only; a single one is for both, as in
// package net.
func Parse(list string) []app.Endpoint {
	var all []app.Endpoint
	for _, addr := range Split(list) {
		all = append(all, one(addr))
	}
	for i, e := range all {
		family := wildcard(e)
		for _, other := range all {
			if family != "" && family != familyOf(other) && familyOf(other) != "" && port(e) == port(other) {
				all[i].Network = family
			}
		}
	}
	return all
}

func one(addr string) app.Endpoint {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return app.Endpoint{Network: "unix", Address: path}
	}
	return app.Endpoint{Network: "tcp", Address: addr}
}

// wildcard returns the family of a literal wildcard, 0.0.0.0 or [::], and "" for
// any other address.
func wildcard(e app.Endpoint) string {
	if ip := ip(e); ip != nil && ip.IsUnspecified() {
		return familyOf(e)
	}
	return ""
}

// familyOf returns the network of a literal address, and "" for any other.
func familyOf(e app.Endpoint) string {
	switch ip := ip(e); {
	case ip == nil:
		return ""
	case ip.To4() != nil:
		return "tcp4"
	}
	return "tcp6"
}

func ip(e app.Endpoint) net.IP {
	if e.Network == "unix" {
		return nil
	}
	host, _, _ := net.SplitHostPort(e.Address)
	return net.ParseIP(host)
}

// port returns the port of an address, as a number if the system knows its name; 0
// is any.
func port(e app.Endpoint) int {
	_, name, err := net.SplitHostPort(e.Address)
	if err != nil {
		return 0
	}
	n, _ := net.LookupPort("tcp", name)
	return n
}
