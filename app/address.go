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
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	kept := make([]Address, 0, len(a.addrs)+1)
	for _, b := range a.addrs {
		if b.Server != server {
			kept = append(kept, b)
		}
	}
	if addr != nil {
		kept = append(kept, Address{Server: server, Net: addr.Network(), Addr: addr.String()})
	}
	a.addrs = kept
}

// Addresses returns where the servers of this process can be reached, in the
// order in which they were bound.
func (a *App) Addresses() []Address {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.addrs)
}
