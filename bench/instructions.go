//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// countInstructions counts what the processor executes for a request in the
// program itself, not in the kernel, under callgrind: no neighbour can disturb
// that, and it needs no hardware counter. The kernel does the same for both:
// the system calls are the same.
//
// A server that has run for a while has collected garbage: since then the runtime
// gives new goroutines the stacks that those found usually needed. So before the
// count there are a crowd of idle connections and a few collections; during it no
// collection falls on one request or another. What a request costs before the first
// one is counted as well where it differs: through TLS.
//
// A process counts some requests and then more, several times. The difference
// leaves out connections and handshakes. What the process does by itself, which
// counts for more here, where a request takes fifty times as long, is counted while
// there are no requests, and subtracted.
func countInstructions(b *bench) error {
	program, err := exec.LookPath("valgrind")
	if err != nil || runtime.GOARCH != "amd64" {
		b.Note("cost: no instructions: valgrind is not installed, or not for this processor")
		return nil
	}
	get := load.Plan{Get: true, Path: "/hello"}
	for _, c := range []counting{
		{"hello", "", get, false},
		{"POST of 64 bytes", "", load.Plan{Body: 64}, false},
		{"TLS", "http/1.1", get, false},
		{"TLS, POST of 64 bytes", "http/1.1", load.Plan{Body: 64}, false},
		{"TLS, before the first collection", "http/1.1", get, true},
		{"TLS, POST of 64 bytes, before the first collection", "http/1.1", load.Plan{Body: 64}, true},
		{"h2", "h2", get, false},
	} {
		if err := b.countThose(program, c); err != nil {
			return err
		}
	}
	return nil
}

// counting is a situation in which instructions are counted.
type counting struct {
	name, protocol string // no protocol: without TLS
	plan           load.Plan
	young          bool // nothing has been collected
}

// countThose counts for the requests of a plan.
func (b *bench) countThose(program string, c counting) error {
	const rounds = 3
	kase := c.name
	count := map[string][]float64{}
	err := turns(rounds, []rival{{name: "nethttp"}, {name: "graceful"}}, func(_ int, r rival) error {
		each, err := b.instructions(program, r.name, c)
		if err != nil {
			return err
		}
		count[r.name] = append(count[r.name], each)
		b.Add("cost", kase, r.name, "instructions of the program per request", each)
		return nil
	})
	if err != nil {
		return err
	}
	got := stats.Median(stats.Ratios(count["graceful"], count["nethttp"]))
	if c.protocol == "h2" { // nothing is promised about these
		b.Note(fmt.Sprintf("cost, %s: %.3f of net/http's instructions of the program", kase, got))
		return nil
	}
	b.Gates = append(b.Gates, report.Gate{
		Promise: fmt.Sprintf("cost, %s: instructions of the program not above %v of net/http's", kase, mostCost),
		Got:     fmt.Sprintf("%.3f", got),
		OK:      got <= mostCost,
	})
	return nil
}

// measure returns what a request costs in a server under callgrind, which writes
// to out. It is the median of several differences.
func (c counting) measure(out string) (float64, error) {
	const few, many, pairs = 500, 1500, 3
	if !c.young {
		crowd, err := collect(c.plan)
		if err != nil {
			return 0, err
		}
		defer crowd.Leave()
	}
	d := dumps{plan: c.plan, out: out}
	if err := d.control("/count"); err != nil {
		return 0, err
	}
	if _, err := c.count(&d, few); err != nil { // what is warmed up once
		return 0, err
	}
	alone, err := d.during(func() error { time.Sleep(2 * time.Second); return nil })
	if err != nil {
		return 0, err
	}
	var each []float64
	for range pairs {
		less, err := c.count(&d, few)
		if err != nil {
			return 0, err
		}
		more, err := c.count(&d, many)
		if err != nil {
			return 0, err
		}
		byItself := alone.n / alone.took.Seconds() * (more.took - less.took).Seconds()
		each = append(each, (more.n-less.n-byItself)/(many-few))
	}
	return stats.Median(each), nil
}

// count counts what n requests cost.
func (c counting) count(d *dumps, n int) (counted, error) {
	return d.during(func() error {
		c.plan.Requests = n
		if r := apply(c.plan, c.protocol); r.Lost() > 0 {
			return fmt.Errorf("%v lost", r.Failures)
		}
		return nil
	})
}

// collect makes a server collect garbage while it has 32 idle connections, which it
// returns.
func collect(plan load.Plan) (*load.Crowd, error) {
	if plan.TLS != nil {
		plan.TLS = trusting("http/1.1")
	}
	crowd, err := load.GatherFor(plan, 32, false)
	if err != nil {
		return nil, err
	}
	plan.Get, plan.Body, plan.Path, plan.Requests = true, 0, "/collect", 3
	if r := load.Run(context.Background(), plan); r.Lost() > 0 {
		crowd.Leave()
		return nil, fmt.Errorf("collections lost %v", r.Failures)
	}
	return crowd, nil
}
