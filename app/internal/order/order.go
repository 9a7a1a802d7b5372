// Package order decides which servers wait for which on the way down: a server
// stops after those that call it.
package order

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Order has the calls between servers. The zero value has none. It is not safe for
// concurrent use.
type Order struct {
	calls   map[string][]string // what each server calls
	callers map[string][]string // the reverse
}

// Add records that server calls other. An error names the cycle that this would
// close; then nothing is recorded.
func (o *Order) Add(server, other string) error {
	if way := o.way(other, server); way != nil {
		return fmt.Errorf("%s: none of them can stop before the other", strings.Join(append([]string{server}, way...), " calls "))
	}
	if slices.Contains(o.calls[server], other) {
		return nil
	}
	if o.calls == nil {
		o.calls, o.callers = map[string][]string{}, map[string][]string{}
	}
	o.calls[server] = append(o.calls[server], other)
	o.callers[other] = append(o.callers[other], server)
	return nil
}

// way returns the servers from one to another along the calls, both included, or
// nil if there is no such way.
func (o *Order) way(from, to string) []string {
	if from == to {
		return []string{to}
	}
	for _, next := range o.calls[from] {
		if rest := o.way(next, to); rest != nil {
			return append([]string{from}, rest...)
		}
	}
	return nil
}

// Callers returns the servers that call this one.
func (o *Order) Callers(server string) []string { return o.callers[server] }

// Behind returns how many servers, one after the other, wait for this one.
func (o *Order) Behind(server string) (n int) {
	for _, other := range o.calls[server] {
		n = max(n, 1+o.Behind(other))
	}
	return n
}

// Turns returns the length of the longest chain: how many servers stop one after
// the other, not counting the first.
func (o *Order) Turns() (n int) {
	for server := range o.calls {
		n = max(n, o.Behind(server))
	}
	return n
}

// Names returns all servers that call or are called, in order.
func (o *Order) Names() []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(o.calls)), maps.Keys(o.callers))
	slices.Sort(all)
	return slices.Compact(all)
}
