package app

import "net"

// Succeed tells that this process is the given generation, 2 or more, and that
// its predecessor is alive until gone is closed; tasks with Sole wait for
// that. To be called before Start, by whoever took over from the predecessor.
func (a *App) Succeed(generation int, gone <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation, a.alone = generation, gone
}

// Generation counts the processes that handed their sockets on to one
// another: 1 for one that was started afresh.
func (a *App) Generation() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(a.generation, 1)
}

// Commit tells everyone that the successor with this process id has taken over
// for good, just before the stop with a Reason of kind Replaced. It is for the
// module that carries out upgrades.
func (a *App) Commit(pid int) { a.emit(SuccessorCommitted{PID: pid}) }

// Address is where a server of this process can be reached.
type Address struct {
	Server string `json:"server"` // "http", "admin", ...
	Net    string `json:"net"`    // "tcp", "unix"
	Addr   string `json:"addr"`
}

// Bound tells that a server listens on addr. It replaces what that server was
// bound to before; nil takes it off the list.
func (a *App) Bound(server string, addr net.Addr) {
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
	return a.addrs // never changed in place
}
