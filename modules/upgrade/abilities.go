package upgrade

import (
	"maps"
	"slices"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// abilities are the kinds of connections that each server of the new process takes.
// The empty kind stands for those without a state. The hand-over, and not each
// server, makes sure that nothing else is sent: a TLS connection must never come to
// a server without TLS, nor the reverse.
type abilities map[string]map[string]bool

func readAbilities(r wire.ReadyBody) abilities {
	a := abilities{}
	for _, server := range r.Adopts {
		a.add(server, "")
	}
	for server, kinds := range r.Takes {
		a.add(server, kinds...)
	}
	return a
}

func (a abilities) add(server string, kinds ...string) {
	if a[server] == nil {
		a[server] = map[string]bool{}
	}
	for _, k := range kinds {
		a[server][k] = true
	}
}

// body returns the body of READY. An older predecessor reads only its adopts.
func (a abilities) body() (r wire.ReadyBody) {
	for server, kinds := range a {
		for _, k := range slices.Sorted(maps.Keys(kinds)) {
			if k == "" {
				r.Adopts = append(r.Adopts, server)
				continue
			}
			if r.Takes == nil {
				r.Takes = map[string][]string{}
			}
			r.Takes[server] = append(r.Takes[server], k)
		}
	}
	slices.Sort(r.Adopts)
	return r
}
