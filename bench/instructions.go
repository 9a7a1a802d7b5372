//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// countInstructions counts what the processor executes for a request in the
// program itself, not in the kernel, under valgrind: no neighbour can disturb
// that, and it needs no hardware counter. The kernel does the same for both:
// the system calls are the same.
//
// A server that has run for a while has collected garbage: since then the runtime
// gives new goroutines the stacks that those found usually needed. So before the
// count there are a crowd of idle connections and a few collections; during it no
// collection falls on one request or another. What a request costs before the first
// one is counted as well where it differs: through TLS.
func countInstructions(b *bench) error {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		b.Note("cost: no instructions: valgrind is not installed")
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
		if err := b.countThose(valgrind, c); err != nil {
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
func (b *bench) countThose(valgrind string, c counting) error {
	const few, many = 1000, 4000 // the difference leaves out the start, the stop, and what is warmed up once
	const rounds = 3
	kase := c.name
	count := map[string][]float64{}
	err := turns(rounds, []rival{{name: "nethttp"}, {name: "graceful"}}, func(_ int, r rival) error {
		var at [2]float64
		var err error
		for i, n := range []int{few, many} {
			c.plan.Requests = n
			if at[i], err = b.instructions(valgrind, r.name, c); err != nil {
				return err
			}
		}
		each := (at[1] - at[0]) / (many - few)
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

var counted = regexp.MustCompile(`I +refs: +([0-9,]+)`)

// known are the instructions that valgrind knows. Those of AES are among them:
// without them crypto/tls prefers a cipher suite whose connections do not move.
const known = ",cpu.all=off,cpu.aes=on,cpu.pclmulqdq=on,cpu.sse41=on,cpu.ssse3=on,cpu.sse3=on"

// instructions runs a server under valgrind for the requests of one client.
func (b *bench) instructions(valgrind, name string, c counting) (float64, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return 0, err
	}
	log := filepath.Join(b.dir, "valgrind.log")
	defer os.Remove(log)
	args := []string{"--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--log-file=" + log, filepath.Join(b.dir, name)}
	env := []string{
		handler.EnvAddr + "=" + addr, "BENCH_LOG_LEVEL=warn",
		sameProgram + ",asyncpreemptoff=1" + known,
		"GOMAXPROCS=1", "GOGC=off",
	}
	plan, s := c.plan, &server{rival: rival{name: name}, addr: addr, tls: c.protocol != ""}
	if s.tls {
		cert, key := b.certificate()
		env = append(env, handler.EnvCert+"="+cert, handler.EnvKey+"="+key)
		plan.TLS = trusting(c.protocol)
	}
	p, err := proc.Start(valgrind, args, env, b.log)
	if err != nil {
		return 0, err
	}
	defer proc.Signal(p.PID, unix.SIGKILL)
	plan.Addr, plan.Patience = addr, time.Minute
	for range 4 { // it starts twenty times slower
		if _, err = s.await(0); err == nil {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	r, err := c.ask(plan)
	if err != nil {
		return 0, err
	}
	if r.Lost() > 0 {
		return 0, fmt.Errorf("%s under valgrind lost %v", name, r.Failures)
	}
	if err := proc.Signal(p.PID, unix.SIGTERM); err != nil {
		return 0, err
	}
	if _, _, err := p.Wait(time.Minute); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(log)
	if err != nil {
		return 0, err
	}
	found := counted.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("valgrind has not counted:\n%s", text)
	}
	return strconv.ParseFloat(strings.ReplaceAll(string(found[1]), ",", ""), 64)
}

// ask sends the requests of plan.
func (c counting) ask(plan load.Plan) (*load.Result, error) {
	if !c.young {
		crowd, err := collect(plan)
		if err != nil {
			return nil, err
		}
		defer crowd.Leave()
	}
	return apply(plan, c.protocol), nil
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
