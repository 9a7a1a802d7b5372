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
	const few, many = 3000, 9000 // the difference leaves out the start, the stop, and what is warmed up once
	return turns(3, []rival{{name: "nethttp"}, {name: "graceful"}}, func(_ int, r rival) error {
		var count [2]float64
		for i, n := range []int{few, many} {
			if count[i], err = b.instructions(valgrind, r.name, n); err != nil {
				return err
			}
		}
		b.Add("cost", "hello", r.name, "instructions of the program per request", (count[1]-count[0])/(many-few))
		return nil
	})
}

var counted = regexp.MustCompile(`I +refs: +([0-9,]+)`)

// instructions runs a server under valgrind for n requests of one client.
func (b *bench) instructions(valgrind, name string, n int) (float64, error) {
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
	plan := load.Plan{Addr: addr, Get: true, Path: "/hello", Requests: n, Patience: time.Minute}
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
