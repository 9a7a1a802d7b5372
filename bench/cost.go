//go:build linux

package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// costs measures, to less than a percent, what a request costs with graceful beside
// net/http. On a machine with neighbours one long measurement shows nothing: it
// takes hundreds of short ones, of both servers in turn, each divided by the one
// beside it. Then a slow moment slows both, and the median ignores the rest.
func costs(b *bench) error {
	n := b.size.burst
	get := func(path string, n int) load.Plan {
		return load.Plan{Get: true, Path: path, Conns: 2, Requests: max(1, n/2)}
	}
	many := func(p load.Plan) load.Plan { p.Conns, p.Requests = 32, max(1, n/32); return p }
	fresh := get("/hello", n/4)
	fresh.Fresh = true
	for _, w := range []struct {
		name, protocol string
		plan           load.Plan
	}{
		{"hello", "", get("/hello", n)},
		{"hello, 32 connections", "", many(get("/hello", n))},
		{"POST of 64 bytes, 32 connections", "", many(load.Plan{Body: 64})},
		{"file of 1 MiB", "", get("/file", n/20)},
		{"new connection", "", fresh},
		{"TLS", "http/1.1", get("/hello", n)},
		{"h2", "h2", get("/hello", n)},
	} {
		if err := b.cost(w.name, w.plan, w.protocol); err != nil {
			return err
		}
		b.progress("cost, %s", w.name)
	}
	return nil
}

// cost compares the two in one situation, with several processes of both: the
// chance layout of its memory costs or saves a process up to three percent for as
// long as it lives, and pairs of the same processes cannot separate that from the
// program.
func (b *bench) cost(kase string, p load.Plan, protocol string) error {
	var ratios []float64 // the median of each life
	for range b.size.lives {
		cpu, err := b.live(p, protocol)
		if err != nil {
			return fmt.Errorf("%s, %w", kase, err)
		}
		for _, name := range []string{"graceful", "nethttp"} {
			for _, v := range cpu[name] {
				b.Add("cost", kase, name, "CPU µs per request", v)
			}
		}
		ratios = append(ratios, stats.Median(stats.Ratios(cpu["graceful"], cpu["nethttp"])))
	}
	lo, hi := stats.Interval(ratios)
	b.Note(fmt.Sprintf("cost, %s: %.3f of net/http's processor time, with 95 %% between %.3f and %.3f (%d lives of both, %d pairs of bursts each)",
		kase, stats.Median(ratios), lo, hi, len(ratios), b.size.bursts))
	b.Gates = append(b.Gates, report.Gate{
		Promise: fmt.Sprintf("cost, %s: processor time not above %v of net/http's, as far as the lives show", kase, mostCost),
		Got:     fmt.Sprintf("%.3f to %.3f", lo, hi),
		OK:      lo <= mostCost,
	})
	return nil
}

// live starts both and returns what a request costs each, burst by burst. Both
// collect garbage equally often, whenever the heap has 16 MiB: by default Go
// collects less often the more memory a program holds, which would favour graceful.
func (b *bench) live(p load.Plan, protocol string) (map[string][]float64, error) {
	pair := []rival{{name: "nethttp"}, {name: "graceful"}}
	running := map[string]*server{}
	for _, r := range pair {
		s, err := b.start(r, protocol != "", sameProgram, "GOMAXPROCS=1", "GOGC=400")
		if err != nil {
			return nil, err
		}
		defer s.kill()
		// The same processor for both; the clients are free.
		if err := proc.Pin(s.pid, runtime.NumCPU()-1); err != nil {
			return nil, err
		}
		running[r.name] = s
	}
	const warm = 2 // rounds that do not count
	cpu := map[string][]float64{}
	err := turns(warm+b.size.bursts, pair, func(round int, r rival) error {
		v, err := burst(running[r.name], p, protocol)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if round >= warm {
			cpu[r.name] = append(cpu[r.name], v)
		}
		return nil
	})
	return cpu, err
}

// sameProgram turns off differences that neither side causes: see sameSockets; and
// the runtime samples the heap only in a program that can show the profile, which
// graceful can and this net/http cannot.
const sameProgram = sameSockets + ",memprofilerate=0"

// mostCost is the promised limit, as a ratio to net/http.
const mostCost = 1.02

// burst returns the processor time of the server per request, in microseconds.
func burst(s *server, p load.Plan, protocol string) (float64, error) {
	p.Addr = s.addr
	if protocol != "" {
		p.TLS = trusting(protocol)
	}
	before, err := proc.CPU(s.pid)
	if err != nil {
		return 0, err
	}
	r := apply(p, protocol)
	after, err := proc.CPU(s.pid)
	if err != nil {
		return 0, err
	}
	if r.Lost() > 0 || len(r.Samples) == 0 {
		return 0, fmt.Errorf("%d answers, lost %v", len(r.Samples), r.Failures)
	}
	return float64(after-before) / 1000 / float64(len(r.Samples)), nil
}

// apply puts the load of p on a server by the protocol.
func apply(p load.Plan, protocol string) *load.Result {
	if protocol == "h2" {
		return load.RunHTTP(context.Background(), p, true)
	}
	return load.Run(context.Background(), p)
}
