//go:build linux

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
)

// The budget of a stop, the same for every rival.
const stopBudget = "BENCH_STOP_TIMEOUT=5s"

// stops sends SIGTERM in the situations in which stopping is hard.
func stops(b *bench) error {
	all := b.rivals(plainFx)
	for _, c := range []stopCase{
		{fmt.Sprintf("%d in flight, %d idle", b.size.inFlight, b.size.idle), b.stopBusy, false},
		{"64 clients, 0-20 ms", stopUnderLoad, false},
		{"10 silent", stopSilent, true},
		{"one stuck", stopStuck, true},
	} {
		for round := range b.size.stops {
			if err := b.stopRound(c, inTurn(round, all)); err != nil {
				return err
			}
		}
		b.progress("stop, %s", c.name)
	}
	return nil
}

// stopCase is a situation. Where a stop is nothing but waiting, all rivals
// wait at the same time.
type stopCase struct {
	name  string
	stop  func(*server) (stopped, error)
	waits bool
}

func (b *bench) stopRound(c stopCase, all []rival) error {
	var servers []*server
	for _, r := range all {
		s, err := b.start(r, false, stopBudget)
		if err != nil {
			return err
		}
		defer s.kill()
		servers = append(servers, s)
	}
	outcomes, errs := make([]stopped, len(all)), make([]error, len(all))
	var running sync.WaitGroup
	for i, s := range servers {
		running.Go(func() { outcomes[i], errs[i] = c.stop(s) })
		if !c.waits {
			running.Wait()
		}
	}
	running.Wait()
	for i, r := range all {
		if errs[i] != nil {
			b.Note(fmt.Sprintf("stop, %s, %s: %v", c.name, r.name, errs[i]))
			continue
		}
		outcomes[i].add(b, "stop", c.name, r.name)
	}
	return nil
}

// stopped is how a stop went.
type stopped struct {
	result *load.Result  // of the clients, nil if they sent nothing
	took   time.Duration // from the signal to the exit
	lag    time.Duration // from the last response to the exit; negative if nothing was in flight
	code   int
}

func (g stopped) add(b *bench, suite, kase, name string) {
	if g.result != nil {
		b.Add(suite, kase, name, "lost", float64(g.result.Lost()))
		b.Lose(suite, kase, name, g.result.Failures)
	}
	if g.lag >= 0 {
		b.Add(suite, kase, name, "exit after last answer, ms", ms(g.lag))
	}
	b.Add(suite, kase, name, "exit after signal, ms", ms(g.took))
	b.Add(suite, kase, name, "exit code", float64(g.code))
}

// stopDuring stops while the clients of a plan are sending, and measures how long
// after their last answer the process was gone.
func stopDuring(s *server, p load.Plan, head time.Duration) (stopped, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.Addr = s.addr
	done := make(chan *load.Result, 1)
	go func() { done <- load.Run(ctx, p) }()
	time.Sleep(head)
	signalled := time.Now()
	at, code, err := s.stop()
	cancel()
	r := <-done
	g := stopped{result: r, took: at.Sub(signalled), lag: -1, code: code}
	if n := len(r.Samples); n > 0 {
		g.lag = at.Sub(r.Began.Add(r.Samples[n-1].At))
	}
	return g, err
}

// stopBusy is what a stop is about: requests in flight, and many idle connections.
func (b *bench) stopBusy(s *server) (stopped, error) {
	idle, err := load.Gather(s.addr, b.size.idle, false)
	if err != nil {
		return stopped{}, err
	}
	defer idle.Leave()
	takes := b.size.takes
	return stopDuring(s, load.Plan{
		Conns: b.size.inFlight, Requests: 1, Slow: 1, SlowFrom: takes, SlowTo: 3 * takes,
	}, takes*2/3)
}

// stopUnderLoad meets clients that go on sending. What they cannot send
// because the port is closed is not lost.
func stopUnderLoad(s *server) (stopped, error) {
	return stopDuring(s, load.Plan{Conns: 64, Think: 20 * time.Millisecond, Slow: 0.05}, 500*time.Millisecond)
}

// stopSilent meets connections that have never sent a byte, as browsers open
// them in advance.
func stopSilent(s *server) (stopped, error) {
	silent, err := load.Gather(s.addr, 10, true)
	if err != nil {
		return stopped{}, err
	}
	defer silent.Leave()
	if _, err := s.get("/hello", patience); err != nil { // so that they have all been accepted
		return stopped{}, err
	}
	signalled := time.Now()
	at, code, err := s.stop()
	return stopped{took: at.Sub(signalled), lag: -1, code: code}, err
}

// stopStuck meets a request that never ends and does not look at its context.
func stopStuck(s *server) (stopped, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		load.Run(ctx, load.Plan{Addr: s.addr, Requests: 1, Path: "/stuck", Get: true, Patience: 2 * patience})
	}()
	time.Sleep(200 * time.Millisecond) // until it is stuck
	signalled := time.Now()
	at, code, err := s.stop()
	if err == nil {
		<-done
	}
	return stopped{took: at.Sub(signalled), lag: -1, code: code}, err
}
