//go:build linux

package main

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
)

// scale restarts servers that hold ever more idle connections, and then uses
// each of these connections once.
func scale(b *bench) error {
	for _, n := range b.connections() {
		kase := fmt.Sprintf("%d idle", n)
		err := turns(max(1, b.size.rounds/3), b.rivals(), func(_ int, r rival) error {
			s, err := b.start(r, false)
			if err != nil {
				return err
			}
			defer s.kill()
			empty := proc.RSS(s.pid)
			crowd, err := load.Gather(s.addr, n, false)
			if err != nil {
				return err
			}
			defer crowd.Leave()
			full := proc.RSS(s.pid)
			c, err := s.restart()
			if err != nil {
				b.Note(fmt.Sprintf("scale, %s: %v", kase, err))
				return nil
			}
			st, err := s.stats()
			if err != nil {
				return err
			}
			asked := crowd.Ask()
			add := func(metric string, v float64) { b.Add("scale", kase, r.name, metric, v) }
			add("kB per connection", float64(full-empty)/1e3/float64(n))
			add("old gone, ms", ms(c.old))
			add("per connection, µs", 1e3*ms(c.old)/float64(n))
			add("CPU of the new, ms", ms(st.CPU))
			add("RSS of the new, MiB", float64(proc.RSS(s.pid))/(1<<20))
			add("reconnects", float64(asked.Dials))
			add("lost", float64(asked.Lost()))
			b.Lose("scale", kase, r.name, asked.Failures)
			return nil
		})
		if err != nil {
			return err
		}
		b.progress("scale, %s", kase)
	}
	return nil
}

// connections are the steps for which there are files enough; what is left out is
// noted.
func (b *bench) connections() []int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		limit.Max = 1024
	}
	const others = 200
	var steps []int
	for _, n := range append(b.size.connections, 50000) {
		switch {
		case n == 50000 && b.size.name != "full":
		case n > int(limit.Max)-others:
			b.Note(fmt.Sprintf("scale: %d connections skipped, the limit of open files is %d", n, limit.Max))
		case n > 28000:
			b.Note(fmt.Sprintf("scale: %d connections skipped, the ports of one client address are too few", n))
		default:
			steps = append(steps, n)
		}
	}
	return steps
}
