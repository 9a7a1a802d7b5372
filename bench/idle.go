//go:build linux

package main

import (
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
)

// restAfter is short, so that a round does not wait for the default.
const restAfter = "BENCH_HTTP_REST_AFTER=500ms"

// idle measures what a connection costs that waits, and its next two requests; then
// the restart with all of them waiting.
func idle(b *bench) error {
	steps := b.connections()
	n := steps[min(len(steps), 3)-1]
	kase := fmt.Sprintf("%d idle", n)
	err := turns(max(1, b.size.rounds/3), b.rivals(), func(_ int, r rival) error {
		s, err := b.start(r, false, restAfter)
		if err != nil {
			return err
		}
		defer s.kill()
		add := func(metric string, v float64) { b.Add("idle", kase, r.name, metric, v) }
		empty, err := s.collected()
		if err != nil {
			return err
		}
		crowd, err := load.Gather(s.addr, n, false)
		if err != nil {
			return err
		}
		defer crowd.Leave()
		full, err := s.collected()
		if err != nil {
			return err
		}
		add("kB each, after a collection", float64(full-empty)/1e3/float64(n))
		for _, request := range []string{"first request, CPU µs", "second request, CPU µs"} {
			before, err := proc.CPU(s.pid)
			if err != nil {
				return err
			}
			asked := crowd.Ask()
			after, err := proc.CPU(s.pid)
			if err != nil {
				return err
			}
			add(request, 1e3*ms(after-before)/float64(n))
			b.Lose("idle", kase, r.name, asked.Failures)
		}
		return s.restartIdle(crowd, kase, n)
	})
	b.progress("idle, %s", kase)
	return err
}

// collected is the resident memory after a collection, when all that rests does.
func (s *server) collected() (int, error) {
	time.Sleep(2 * time.Second)
	if _, err := s.get("/collect", patience); err != nil {
		return 0, err
	}
	return proc.RSS(s.pid), nil
}

// restartIdle restarts the server while everything waits.
func (s *server) restartIdle(crowd *load.Crowd, kase string, n int) error {
	if _, err := s.collected(); err != nil {
		return err
	}
	add := func(metric string, v float64) { s.bench.Add("idle", kase, s.name, metric, v) }
	c, err := s.restart()
	if err != nil {
		s.bench.Note(fmt.Sprintf("idle, %s: %v", kase, err))
		return nil
	}
	st, err := s.stats()
	if err != nil {
		return err
	}
	add("restart, ms", ms(c.old))
	add("restart, CPU of the new, ms", ms(st.CPU))
	add("restart, RSS of the new, MiB", float64(proc.RSS(s.pid))/(1<<20))
	asked := crowd.Ask()
	add("restart, reconnects", float64(asked.Dials))
	s.bench.Lose("idle", kase, s.name, asked.Failures)
	return nil
}
