//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/report"
)

// secureLoads are the clients of the suite tls: 64, each with one connection or,
// over HTTP/2, eight on one. They resume sessions where the server lets them.
var secureLoads = []loading{
	{name: "h1", conns: 64, dials: 64, client: load.Run, think: 40 * time.Millisecond, protocol: "http/1.1"},
	{name: "h2", conns: 64, dials: 8, client: overHTTP(true), think: 40 * time.Millisecond, protocol: "h2"},
}

// secureRivals are those with a way to restart that keeps the listening socket, and
// net/http under an ideal supervisor.
func (b *bench) secureRivals() []rival {
	return slices.DeleteFunc(b.rivals(), func(r rival) bool { return r.name == "overseer" })
}

// upgradesUnderTLS replaces servers again and again under clients through TLS, and
// counts what that costs both sides: dials, handshakes, and the processor time of
// all processes of the server together.
func upgradesUnderTLS(b *bench) error {
	for _, l := range secureLoads {
		err := turns(b.size.secureRounds, b.secureRivals(), func(_ int, r rival) error { return b.upgradeUnderTLS(l, r) })
		if err != nil {
			return err
		}
		b.progress("tls, %s", l.name)
	}
	b.Note(fmt.Sprintf("tls: %d restarts a round; CPU is that of every process of the server from its first start to its last exit", b.size.upgrades))
	return nil
}

func (b *bench) upgradeUnderTLS(l loading, r rival) error {
	before := processorOfChildren()
	s, err := b.start(r, true, moveHTTP2)
	if err != nil {
		return err
	}
	defer s.kill()
	plan := load.Plan{Addr: s.addr, Conns: l.conns, Think: l.think, TLS: trusting(l.protocol)}
	plan.TLS.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan *load.Result)
	go func() { done <- l.client(ctx, plan) }()
	time.Sleep(near + pause) // until all clients are connected, and steady
	failed := 0
	for range b.size.upgrades {
		if _, err := s.restart(); err != nil {
			failed++
			b.Note(fmt.Sprintf("restart under TLS, %s failed: %v", l.name, err))
			break
		}
		time.Sleep(pause)
	}
	cancel()
	result := <-done
	s.kill()
	add := func(metric string, v float64) { b.Add("tls", l.name, r.name, metric, v) }
	add("failed restarts", float64(failed))
	add("lost", float64(result.Lost()))
	add("dials", float64(result.Dials))
	add("full handshakes", float64(result.FullHandshakes))
	add("answers", float64(len(result.Samples)))
	spent := processorOfChildren() - before
	add("CPU s", spent.Seconds())
	add("CPU µs per answer", float64(spent.Microseconds())/float64(max(1, len(result.Samples))))
	b.Lose("tls", l.name, r.name, result.Failures)
	return nil
}

// moveHTTP2 makes graceful move connections of HTTP/2; others do not know it.
const moveHTTP2 = "BENCH_HTTP_TLS_MOVE_HTTP2=true"

// processorOfChildren is the processor time of all children that have ended, with
// those that this process has adopted.
func processorOfChildren() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_CHILDREN, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// judgeTLS checks what the suite tls promises: nothing is lost, and clients hardly
// dial again. A response that is written as the process ends may say goodbye.
func (b *bench) judgeTLS() {
	b.zero("tls", "failed restarts", nil)
	b.zero("tls", "lost", nil)
	for _, l := range secureLoads {
		b.tenth(l.name, "dials", float64(l.dials))
		b.oneEach(l)
	}
}

// oneEach demands that clients shake hands in full once at most.
func (b *bench) oneEach(l loading) {
	if got := b.Values("tls", l.name, "graceful", "full handshakes"); len(got) > 0 {
		b.Gates = append(b.Gates, report.Gate{
			Promise: fmt.Sprintf("tls, %s: full handshakes are at most one for each first connection", l.name),
			Got:     fmt.Sprintf("%.0f of %d", slices.Max(got), l.dials),
			OK:      slices.Max(got) <= float64(l.dials),
		})
	}
}

// tenth demands a tenth of tableflip's figure, beyond what the first connections
// need.
func (b *bench) tenth(kase, metric string, first float64) {
	ours, theirs := b.Values("tls", kase, "graceful", metric), b.Values("tls", kase, "tableflip", metric)
	if len(ours) == 0 || len(theirs) == 0 {
		return
	}
	got, most := slices.Max(ours)-first, (slices.Min(theirs)-first)/10
	b.Gates = append(b.Gates, report.Gate{
		Promise: fmt.Sprintf("tls, %s: %s beyond %.0f are a tenth of tableflip's at most", kase, metric, first),
		Got:     fmt.Sprintf("%.0f, at most %.1f", got, most),
		OK:      got <= most,
	})
}
