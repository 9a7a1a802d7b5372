//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
)

// known are the instructions that valgrind knows. Those of AES are among them:
// without them crypto/tls prefers a cipher suite whose connections do not move.
const known = ",cpu.all=off,cpu.aes=on,cpu.pclmulqdq=on,cpu.sse41=on,cpu.ssse3=on,cpu.sse3=on"

// instructions runs a server under callgrind, and returns what a request costs.
func (b *bench) instructions(program, name string, c counting) (float64, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp(b.dir, "callgrind")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	args := []string{"--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=" + out, "--log-file=" + filepath.Join(dir, "log"), filepath.Join(b.dir, name)}
	env := []string{
		handler.EnvAddr + "=" + addr, "BENCH_LOG_LEVEL=warn",
		sameProgram + ",asyncpreemptoff=1" + known,
		"GOMAXPROCS=1", "GOGC=off",
	}
	s := &server{rival: rival{name: name}, addr: addr, tls: c.protocol != ""}
	if s.tls {
		cert, key := b.certificate()
		env = append(env, handler.EnvCert+"="+cert, handler.EnvKey+"="+key)
		c.plan.TLS = trusting(c.protocol)
	}
	p, err := proc.Start(program, args, env, b.log)
	if err != nil {
		return 0, err
	}
	defer proc.Signal(p.PID, unix.SIGKILL)
	c.plan.Addr, c.plan.Patience = addr, time.Minute
	for range 4 { // it starts slowly
		if _, err = s.await(0); err == nil {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	each, err := c.measure(out)
	if err != nil {
		return 0, fmt.Errorf("%s under callgrind: %w", name, err)
	}
	if err := proc.Signal(p.PID, unix.SIGTERM); err != nil {
		return 0, err
	}
	_, _, err = p.Wait(time.Minute)
	return each, err
}

// counted are instructions, and the time they took.
type counted struct {
	n    float64
	took time.Duration
}

// dumps are the counts of a process under callgrind, see handler.New.
type dumps struct {
	plan load.Plan
	out  string
	n    int
}

// during returns what was executed while do ran.
func (d *dumps) during(do func() error) (c counted, err error) {
	began := time.Now()
	if err := errors.Join(do(), d.control("/counted")); err != nil {
		return c, err
	}
	c.took = time.Since(began)
	d.n++
	text, err := os.ReadFile(d.out + "." + strconv.Itoa(d.n))
	if err != nil {
		return c, err
	}
	found := totals.FindSubmatch(text)
	if found == nil {
		return c, errors.New("it has not counted")
	}
	c.n, err = strconv.ParseFloat(string(found[1]), 64)
	return c, err
}

var totals = regexp.MustCompile(`(?m)^totals: ([0-9]+)`)

// control sends the request that makes the process count.
func (d *dumps) control(path string) error {
	if d.plan.TLS != nil {
		d.plan.TLS = trusting("http/1.1")
	}
	d.plan.Get, d.plan.Body, d.plan.Path, d.plan.Requests = true, 0, path, 1
	if r := load.Run(context.Background(), d.plan); r.Lost() > 0 {
		return fmt.Errorf("%s: lost %v", path, r.Failures)
	}
	return nil
}
