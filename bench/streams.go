//go:build linux

package main

import (
	"fmt"
	"os"
	"time"

	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// sockets is a crowd of WebSockets under which servers are restarted.
type sockets struct {
	n     int
	think time.Duration // 0: both processors are saturated
	most  time.Duration // the pause that 99 of 100 clients may see at most
}

func (s sockets) String() string {
	if s.think == 0 {
		return fmt.Sprintf("%d WebSockets, saturated", s.n)
	}
	return fmt.Sprintf("%d WebSockets, 0-%v", s.n, 2*s.think)
}

// streams restarts servers whose connections last: WebSockets with an echo.
func streams(b *bench) error {
	for _, l := range b.size.sockets {
		all := []rival{rivals[0]}
		if b.size.name != "smoke" {
			all = append(all, rivals[2])
		}
		err := turns(max(1, b.size.rounds/2), all, func(_ int, r rival) error { return b.streamsUnder(l, r) })
		if err != nil {
			return err
		}
		b.progress("streams, %v", l)
	}
	return nil
}

func (b *bench) streamsUnder(l sockets, r rival) error {
	s, err := b.start(r, false, handler.EnvSockets+"=1")
	if err != nil {
		return err
	}
	defer s.kill()
	crowd, err := load.OpenSockets(s.addr, l.n, l.think)
	if err != nil {
		return err
	}
	defer crowd.Close()
	settle := max(time.Second, 2*l.think)
	time.Sleep(settle)
	crowd.Watch()
	time.Sleep(2 * settle)
	steady := crowd.Worst()
	add := func(metric string, v float64) { b.Add("streams", l.String(), r.name, metric, v) }
	add("p99 steady, ms", ms(stats.Quantile(steady, 0.99)))
	for range 3 {
		before, used, dials := proc.RSS(s.pid), cpuUntilGone(s.pid), crowd.Reconnects()
		own, _ := proc.CPU(os.Getpid())
		crowd.Watch()
		c, err := s.restart()
		if err != nil {
			return err
		}
		time.Sleep(settle)
		spent, err := proc.CPU(s.pid)
		if err != nil {
			return err
		}
		clients, _ := proc.CPU(os.Getpid())
		worst := crowd.Worst()
		add("pause p50, ms", ms(stats.Quantile(worst, 0.5)))
		add("pause p99, ms", ms(stats.Quantile(worst, 0.99)))
		add("pause max, ms", ms(stats.Quantile(worst, 1)))
		add("pause p99 / p99 steady", float64(stats.Quantile(worst, 0.99))/float64(max(1, stats.Quantile(steady, 0.99))))
		add("old gone, ms", ms(c.old))
		add("CPU of both, ms", ms(spent+used()))
		add("CPU of the clients, ms", ms(clients-own))
		add("RSS of the old, MiB", float64(before)/(1<<20))
		add("RSS of the new, MiB", float64(proc.RSS(s.pid))/(1<<20))
		add("reconnects", float64(crowd.Reconnects()-dials))
		time.Sleep(settle)
	}
	add("wrong echoes", float64(crowd.Wrong()))
	return nil
}

// cpuUntilGone watches a process, and returns what it has used until its end.
func cpuUntilGone(pid int) func() time.Duration {
	first, _ := proc.CPU(pid)
	var last time.Duration
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			now, err := proc.CPU(pid)
			if err != nil {
				return
			}
			last = now
			if _, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid)); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return func() time.Duration { <-done; return max(0, last-first) }
}

// judgeStreams checks what was promised for long connections.
func (b *bench) judgeStreams() {
	b.zero("streams", "reconnects", nil)
	b.zero("streams", "wrong echoes", nil)
	for _, l := range b.size.sockets {
		values := b.Values("streams", l.String(), "graceful", "pause p99, ms")
		if l.most == 0 || len(values) == 0 {
			continue
		}
		got := stats.Median(values)
		b.Gates = append(b.Gates, report.Gate{
			Promise: fmt.Sprintf("streams, %v: pause p99 is at most %v", l, l.most),
			Got:     stats.Text(got) + " ms",
			OK:      got <= ms(l.most),
		})
	}
}
