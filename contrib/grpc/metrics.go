package grpcserver

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func (c *Calls) metrics(server string) []app.Metric {
	labels := []string{"server", server}
	open, _ := c.count()
	return []app.Metric{
		{Name: "grpc_calls_total", Help: "Calls begun.", Labels: labels, Value: float64(c.begun.Load()), Total: true},
		{Name: "grpc_calls_in_flight", Help: "Calls that have not ended.", Labels: labels, Value: float64(open)},
		{Name: "grpc_panics_total", Help: "Panics in handlers.", Labels: labels, Value: float64(c.panics.Load()), Total: true},
	}
}

// oldest returns the calls that have been open longest, for the status page.
func (c *Calls) oldest(server string, most int) []app.InFlight {
	var all []app.InFlight
	now := time.Now()
	c.mu.Lock()
	for x := range c.open {
		all = append(all, app.InFlight{Server: server, Method: "gRPC", Route: x.method, Path: x.method, For: now.Sub(x.began)})
	}
	c.mu.Unlock()
	slices.SortFunc(all, func(x, y app.InFlight) int { return cmp.Compare(y.For, x.For) })
	return all[:min(most, len(all))]
}

// names lists the methods of the open calls, for the log:
// "2 × /shop.Orders/Watch (oldest 12s)".
func (c *Calls) names() string {
	type group struct {
		n      int
		oldest time.Duration
	}
	groups := map[string]group{}
	for _, x := range c.oldest("", 1<<20) {
		g := groups[x.Path]
		groups[x.Path] = group{g.n + 1, max(g.oldest, x.For)}
	}
	var all []string
	for _, method := range slices.Sorted(maps.Keys(groups)) {
		g := groups[method]
		all = append(all, fmt.Sprintf("%d × %s (oldest %v)", g.n, method, g.oldest.Round(time.Millisecond)))
	}
	return strings.Join(all, ", ")
}
