//go:build linux

package main

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/rpc"
)

// The budget of a stop of gRPC: longer than the slow clients take.
const (
	grpcBudget = "BENCH_STOP_TIMEOUT=10s"
	slowRate   = 256 << 10 // bytes per second of the slow clients
	slowBytes  = 1 << 20
)

var grpcRivals = []rival{
	{name: "grpc-graceful"},
	{name: "grpc-gracefulstop", note: "grpc-gracefulstop: GracefulStop, which waits for ever for a stream that does not end; it is killed after 15 s"},
	{name: "grpc-timeout", note: "grpc-timeout: GracefulStop, and Stop after 3 s"},
}

// grpcStops sends SIGTERM to servers of gRPC while their clients make calls.
func grpcStops(b *bench) error {
	for _, r := range grpcRivals {
		if r.note != "" {
			b.Note(r.note)
		}
	}
	for _, c := range []struct {
		name    string
		clients int
		load    func(context.Context, *rpc.Client, func(rpc.Outcome))
	}{
		{"unary, 64 clients", 64, func(ctx context.Context, c *rpc.Client, count func(rpc.Outcome)) {
			for ctx.Err() == nil {
				o := c.Unary(100, 100)
				if count(o); o != rpc.OK {
					return
				}
			}
		}},
		{"streams, 16 clients", 16, func(ctx context.Context, c *rpc.Client, count func(rpc.Outcome)) { count(c.Echo(ctx)) }},
		{"slow writers, 4 s", 8, func(_ context.Context, c *rpc.Client, count func(rpc.Outcome)) { count(c.Unary(slowBytes, 0)) }},
		{"slow readers, 4 s", 8, func(_ context.Context, c *rpc.Client, count func(rpc.Outcome)) { count(c.Unary(0, slowBytes)) }},
	} {
		err := turns(b.size.stops, grpcRivals, func(_ int, r rival) error {
			return b.grpcStop(r, c.name, c.clients, c.load)
		})
		if err != nil {
			return err
		}
		b.progress("grpc, %s", c.name)
	}
	return nil
}

// grpcStop stops one server under one load.
func (b *bench) grpcStop(r rival, kase string, clients int, load func(context.Context, *rpc.Client, func(rpc.Outcome))) error {
	s, err := b.startGRPC(r)
	if err != nil {
		return err
	}
	defer s.kill()
	var all sync.WaitGroup
	var counts [rpc.Lost + 1]atomic.Int64
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range clients {
		c, err := s.dialGRPC(ctx, kase)
		if err != nil {
			return err
		}
		defer c.Close()
		all.Go(func() { load(ctx, c, func(o rpc.Outcome) { counts[o].Add(1) }) })
	}
	time.Sleep(500 * time.Millisecond) // until all are under way
	signalled := time.Now()
	at, code, err := s.stop()
	if errors.Is(err, proc.ErrAlive) {
		at, code = time.Now(), 137
		s.kill()
	} else if err != nil {
		return err
	}
	all.Wait() // without a server every load ends
	b.Add("grpc", kase, r.name, "lost", float64(counts[rpc.Lost].Load()))
	b.Add("grpc", kase, r.name, "told that the server stops", float64(counts[rpc.Told].Load()))
	b.Add("grpc", kase, r.name, "exit after signal, ms", ms(at.Sub(signalled)))
	b.Add("grpc", kase, r.name, "exit code", float64(code))
	return nil
}

func (b *bench) startGRPC(r rival) (*server, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{rival: r, bench: b, addr: addr, path: filepath.Join(b.dir, r.name),
		env: []string{rpc.EnvAddr + "=" + addr, "BENCH_HTTP_ADDR=127.0.0.1:0", "BENCH_LOG_LEVEL=warn", grpcBudget}}
	b.running = append(b.running, s)
	if err := s.launch(); err != nil {
		return nil, err
	}
	s.pid = s.root.PID
	return s, nil
}

// dialGRPC returns a client that has been answered once.
func (s *server) dialGRPC(ctx context.Context, kase string) (*rpc.Client, error) {
	var read, write int
	switch kase {
	case "slow readers, 4 s":
		read = slowRate
	case "slow writers, 4 s":
		write = slowRate
	}
	c, err := rpc.Dial(s.addr, read, write)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c, c.Ready(ctx)
}
