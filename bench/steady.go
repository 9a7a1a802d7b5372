//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/stats"
)

// steady measures what a request costs the server when nothing happens:
// instructions where the machine counts them, and processor time and
// allocations, as the server itself reports them. Wall-clock time would measure the
// neighbours on this machine.
func steady(b *bench) error {
	get := func(path string, conns, n int) load.Plan {
		return load.Plan{Get: true, Path: path, Conns: conns, Requests: max(1, n/conns)}
	}
	n := b.size.requests
	work := []struct {
		name     string
		plan     load.Plan
		protocol string
	}{
		{"hello", get("/hello", 8, n), ""},
		{"echo", load.Plan{Conns: 8, Requests: n / 8}, ""},
		{"file of 1 MiB", get("/file", 4, max(100, n/20)), ""},
		{"new connection", func() load.Plan { p := get("/hello", 4, n/4); p.Fresh = true; return p }(), ""},
		{"TLS", get("/hello", 8, n/2), "http/1.1"},
		{"h2", get("/hello", 8, n/2), "h2"},
	}
	if b.size.name == "smoke" {
		work = work[:2]
	}
	pair := []rival{{name: "nethttp"}, {name: "graceful"}}
	for _, w := range work {
		running := map[string]*server{}
		for _, r := range pair {
			s, err := b.start(r, w.protocol != "", sameSockets)
			if err != nil {
				return err
			}
			defer s.kill()
			running[r.name] = s
		}
		const warm = 1 // rounds that do not count
		err := turns(warm+b.size.pairs, pair, func(round int, r rival) error {
			c, err := price(running[r.name], w.plan, w.protocol)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", w.name, r.name, err)
			}
			if round >= warm {
				b.Add("steady", w.name, r.name, "CPU µs per request", c.cpu)
				if c.instructions > 0 {
					b.Add("steady", w.name, r.name, "instructions per request", c.instructions)
				}
				b.Add("steady", w.name, r.name, "allocations per request", c.allocs)
				b.Add("steady", w.name, r.name, "p50 of the client, ms", c.latency)
			}
			return nil
		})
		if err != nil {
			return err
		}
		b.progress("steady, %s", w.name)
	}
	b.Note("steady: without Multipath TCP, which Go listens with by default and graceful does not; it would make net/http dearer")
	if b.Values("steady", work[0].name, "graceful", "instructions per request") == nil {
		b.Note("steady: no instructions: this machine cannot count them")
	}
	return nil
}

// sameSockets turns off differences that neither side causes.
const sameSockets = "GODEBUG=multipathtcp=0"

// cost is that of one request.
type cost struct{ cpu, instructions, allocs, latency float64 }

func price(s *server, p load.Plan, protocol string) (c cost, err error) {
	p.Addr = s.addr
	if protocol != "" {
		p.TLS = trusting(protocol)
	}
	// The cost of fetching the figures is measured, too, and subtracted.
	zero, err := s.stats()
	if err != nil {
		return c, err
	}
	before, err := s.stats()
	if err != nil {
		return c, err
	}
	counter, err := proc.Count(s.pid, proc.Instructions)
	if errors.Is(err, errors.ErrUnsupported) {
		counter = &proc.Counter{} // which counts nothing
	} else if err != nil {
		return c, err
	}
	defer counter.Close()
	var r *load.Result
	if protocol == "h2" {
		r = load.RunHTTP(context.Background(), p, true)
	} else {
		r = load.Run(context.Background(), p)
	}
	instructions, err := counter.Value()
	if err != nil {
		return c, err
	}
	after, err := s.stats()
	if err != nil {
		return c, err
	}
	if r.Lost() > 0 || len(r.Samples) == 0 {
		return c, fmt.Errorf("%d answers, lost %v", len(r.Samples), r.Failures)
	}
	n := float64(len(r.Samples))
	var latencies []time.Duration
	for _, sample := range r.Samples {
		latencies = append(latencies, sample.Latency)
	}
	return cost{
		cpu:          float64((after.CPU-before.CPU)-(before.CPU-zero.CPU)) / float64(time.Microsecond) / n,
		instructions: float64(instructions) / n,
		allocs:       float64((after.Allocs-before.Allocs)-(before.Allocs-zero.Allocs)) / n,
		latency:      ms(stats.Quantile(latencies, 0.5)),
	}, nil
}
