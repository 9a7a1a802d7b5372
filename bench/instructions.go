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
func (b *bench) countInstructions() error {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		b.Note("cost: no instructions: valgrind is not installed")
		return nil
	}
	for kase, plan := range map[string]load.Plan{
		"hello":            {Get: true, Path: "/hello"},
		"POST of 64 bytes": {Body: 64},
	} {
		if err := b.countThose(valgrind, kase, plan); err != nil {
			return err
		}
	}
	return nil
}

// countThose counts for the requests of a plan.
func (b *bench) countThose(valgrind, kase string, p load.Plan) error {
	const few, many = 1000, 4000 // the difference leaves out the start, the stop, and what is warmed up once
	const rounds = 3
	count := map[string][]float64{}
	err := turns(rounds, []rival{{name: "nethttp"}, {name: "graceful"}}, func(_ int, r rival) error {
		var at [2]float64
		var err error
		for i, n := range []int{few, many} {
			p.Requests = n
			if at[i], err = b.instructions(valgrind, r.name, p); err != nil {
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
	b.Gates = append(b.Gates, report.Gate{
		Promise: fmt.Sprintf("cost, %s: instructions of the program not above %v of net/http's", kase, mostCost),
		Got:     fmt.Sprintf("%.3f", got),
		OK:      got <= mostCost,
	})
	return nil
}

var counted = regexp.MustCompile(`I +refs: +([0-9,]+)`)

// instructions runs a server under valgrind for the requests of one client.
func (b *bench) instructions(valgrind, name string, plan load.Plan) (float64, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return 0, err
	}
	log := filepath.Join(b.dir, "valgrind.log")
	defer os.Remove(log)
	args := []string{"--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--log-file=" + log, filepath.Join(b.dir, name)}
	env := []string{
		handler.EnvAddr + "=" + addr, "BENCH_LOG_LEVEL=warn",
		sameProgram + ",asyncpreemptoff=1,cpu.all=off", // valgrind does not know every instruction
		"GOMAXPROCS=1", "GOGC=off",
	}
	p, err := proc.Start(valgrind, args, env, b.log)
	if err != nil {
		return 0, err
	}
	defer proc.Signal(p.PID, unix.SIGKILL)
	plan.Addr, plan.Patience = addr, time.Minute
	s := &server{rival: rival{name: name}, addr: addr}
	for range 4 { // it starts twenty times slower
		if _, err = s.await(0); err == nil {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	if r := load.Run(context.Background(), plan); r.Lost() > 0 {
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
