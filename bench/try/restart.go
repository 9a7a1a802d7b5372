//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
)

const (
	patience = 30 * time.Second       // for a start, an upgrade
	grace    = 10 * time.Second       // between SIGTERM and SIGKILL, as docker stop has it
	steady   = 300 * time.Millisecond // between two restarts
)

// way is how a program is restarted. It returns the process that serves now.
type way struct {
	name    string
	restart func(p *program, pid int) (int, error)
}

var (
	stopAndStart = way{"stop and start (SIGTERM)", func(p *program, pid int) (int, error) {
		if err := proc.Signal(pid, unix.SIGTERM); err != nil {
			return 0, err
		}
		if _, err := proc.Gone(pid, grace); errors.Is(err, proc.ErrAlive) {
			p.killed++
			_ = proc.Signal(pid, unix.SIGKILL)
			if _, err := proc.Gone(pid, patience); err != nil {
				return 0, err
			}
		} else if err != nil {
			return 0, err
		}
		return p.start()
	}}
	upgrade = way{"upgrade (SIGUSR2)", func(p *program, pid int) (int, error) {
		if err := proc.Signal(pid, unix.SIGUSR2); err != nil {
			return 0, err
		}
		if _, err := proc.Gone(pid, patience); err != nil {
			return 0, fmt.Errorf("no successor took over: %w", err)
		}
		p.reap(pid)
		return p.successor()
	}}
)

// successor finds the one process that runs the program. Others may be its
// subprocesses.
func (p *program) successor() (int, error) {
	var found []int
	want, err := filepath.EvalSymlinks(p.path)
	if err != nil {
		return 0, err
	}
	for _, pid := range proc.Children(unix.Getpid()) {
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil && exe == want {
			found = append(found, pid)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%d processes run %s, want one successor", len(found), p.path)
	}
	return found[0], nil
}

// reap takes note of the exit of a successor; what start has started is waited for.
func (p *program) reap(pid int) {
	if pid != p.started {
		proc.Reap(pid)
	}
}

// start starts the program.
func (p *program) start() (pid int, err error) {
	child, err := proc.Start(p.path, p.args, p.env, p.log)
	if err != nil {
		return 0, err
	}
	p.started = child.PID
	return child.PID, nil
}

// ready waits until the program answers, and returns the status of its answer.
func (p *program) ready(pid int, path string) (status int, err error) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		res, err := client.Get("http://" + p.addr + path)
		if err == nil {
			return res.StatusCode, res.Body.Close()
		}
		if !slices.Contains(proc.Children(unix.Getpid()), pid) {
			return 0, fmt.Errorf("it ended before it answered at %s", p.addr)
		}
		if err := p.elsewhere(); err != nil {
			return 0, err
		}
		if time.Now().After(end) {
			return 0, fmt.Errorf("no answer at %s after %v: give the address as {addr} or {port} in an argument, or by -env (%w)", p.addr, patience, err)
		}
	}
}

// restartUnderLoad starts the program, lets clients load it, restarts and ends it.
func restartUnderLoad(o options, p *program, w way) (*load.Result, error) {
	defer func() { // whatever is left of it
		for _, child := range proc.Children(unix.Getpid()) {
			_ = proc.Signal(child, unix.SIGKILL)
			_, _ = proc.Gone(child, patience)
			p.reap(child)
		}
	}()
	pid, status, err := p.begin(o.path)
	if err != nil {
		return nil, err
	}
	if status >= 500 {
		return nil, fmt.Errorf("GET %s answers %d: want a -path that works", o.path, status)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan *load.Result, 1)
	go func() {
		done <- load.Run(ctx, load.Plan{Addr: p.addr, Path: o.path, Get: true, Status: status, Conns: o.clients, Think: o.think})
	}()
	for range o.restarts {
		time.Sleep(steady)
		if pid, err = w.restart(p, pid); err != nil {
			break
		}
		if _, err = p.ready(pid, o.path); err != nil {
			break
		}
	}
	time.Sleep(steady)
	stop()
	result := <-done
	return result, err
}
