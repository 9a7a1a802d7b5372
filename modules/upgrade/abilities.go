package upgrade

import (
	"maps"
	"slices"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// abilities are the kinds of connections that each server of the new process takes.
// The empty kind stands for those with nothing that goes along. It is a rule of the
// hand-over, and not of each server, that nothing else is sent: a connection that
// speaks TLS must never come to a server that does not, nor the reverse.
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

// body is what READY says: an older predecessor reads adopts only.
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
