package app

import (
	"net"
	"slices"
)

// Address is where a server of this process can be reached.
type Address struct {
	Server string `json:"server"` // "http", "admin", ...
	Net    string `json:"net"`    // "tcp", "unix"
	Addr   string `json:"addr"`
}

// SetAddress records that a server listens on addr. It replaces the address that
// the server had before; nil removes it.
func (w Wiring) SetAddress(server string, addr net.Addr) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addrs = slices.DeleteFunc(r.addrs, func(a Address) bool { return a.Server == server })
	if addr != nil {
		r.addrs = append(r.addrs, Address{Server: server, Net: addr.Network(), Addr: addr.String()})
	}
}

// Addresses returns where the servers of this process can be reached, in the
// order in which they were bound.
func (a *App) Addresses() []Address {
	r := &a.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.addrs)
}
