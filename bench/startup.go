//go:build linux

package main

import (
	"time"

	"github.com/gracefulfx/graceful/bench/proc"
)

// startups measures how long an empty service takes to its first answer, and
// how much memory it then uses.
func startups(b *bench) error {
	all := []rival{{name: "nethttp"}, {name: "fx"}, {name: "graceful"}}
	return turns(b.size.starts, all, func(_ int, r rival) error {
		began := time.Now()
		s, err := b.start(r, false)
		if err != nil {
			return err
		}
		defer s.kill()
		b.Add("startup", "empty service", r.name, "first answer, ms", ms(time.Since(began)))
		time.Sleep(100 * time.Millisecond) // what starts in the background has started
		st, err := s.stats()
		if err != nil {
			return err
		}
		b.Add("startup", "empty service", r.name, "RSS, MiB", float64(proc.RSS(s.pid))/(1<<20))
		b.Add("startup", "empty service", r.name, "CPU, ms", ms(st.CPU))
		_, _, err = s.stop() // a killed one leaves a socket, which the next start has to find dead
		return err
	})
}
