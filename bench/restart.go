//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// loading is a kind of load under which servers are restarted.
type loading struct {
	name     string
	conns    int // clients
	think    time.Duration
	protocol string // over TLS; "" for plaintext
	client   func(context.Context, load.Plan) *load.Result
	dials    int  // that the clients need when nothing happens
	some     bool // half the rounds are enough
}

func (b *bench) allLoadings() []loading {
	const think = 20 * time.Millisecond
	many := b.size.crowd
	all := []loading{
		{name: "64, no think", conns: 64, dials: 64, client: load.Run},
		{name: "64, 0-20 ms", conns: 64, dials: 64, client: load.Run, think: think},
		{name: fmt.Sprintf("%d, 0-400 ms", many), conns: many, dials: many, client: load.Run, think: 20 * think},
	}
	if b.size.name != "full" {
		b.Note("left out of this " + b.size.name + " run: restarts under http.Client, TLS and h2")
		return all
	}
	return append(all,
		loading{name: "http.Client, 0-20 ms", conns: 64, dials: 64, client: overHTTP(false), think: think, some: true},
		loading{name: "TLS, 0-20 ms", conns: 64, dials: 64, client: load.Run, think: think, protocol: "http/1.1", some: true},
		loading{name: "h2, 0-20 ms", conns: 64, dials: 8, client: overHTTP(true), think: think, protocol: "h2", some: true},
	)
}

// loadings are those that are chosen.
func (b *bench) loadings() []loading {
	return slices.DeleteFunc(b.allLoadings(), func(l loading) bool { return !b.size.only.MatchString(l.name) })
}

func overHTTP(http2 bool) func(context.Context, load.Plan) *load.Result {
	return func(ctx context.Context, p load.Plan) *load.Result { return load.RunHTTP(ctx, p, http2) }
}

const (
	pause    = 300 * time.Millisecond // between two restarts
	near     = 500 * time.Millisecond // around a restart
	profiled = "64, 0-20 ms"          // drawn
)

// restarts restarts every rival under every load.
func restarts(b *bench) error {
	for _, l := range b.loadings() {
		rounds := b.size.rounds
		if l.some {
			rounds = max(1, rounds/2)
		}
		profiles := map[string]*profile{}
		all := b.rivals()
		if l.protocol != "h2" {
			all = b.rivals(olderRivals...)
		}
		if l.protocol == "" {
			all = b.withProxies(all)
		}
		err := turns(rounds, all, func(_ int, r rival) error {
			return b.restartUnder(l, r, profiles)
		})
		if err != nil {
			return err
		}
		if l.name == profiled {
			b.keepProfiles(profiles)
		}
		b.progress("restart, %s", l.name)
	}
	return nil
}

// restartUnder is one round of one rival.
func (b *bench) restartUnder(l loading, r rival, profiles map[string]*profile) error {
	s, err := b.start(r, l.protocol != "")
	if err != nil {
		return err
	}
	defer s.kill()

	plan := load.Plan{Addr: s.addr, Conns: l.conns, Think: l.think, Slow: 0.05}
	if l.protocol != "" {
		plan.TLS = trusting(l.protocol)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan *load.Result)
	go func() { done <- l.client(ctx, plan) }()

	time.Sleep(near + pause) // until all clients are connected, and steady
	var changes []change
	failed := 0
	for began := time.Now(); len(changes) < b.size.restarts && time.Since(began) < b.size.patience; {
		c, err := s.restart()
		if err != nil {
			failed++
			b.Note(fmt.Sprintf("restart under %s failed: %v", l.name, err))
			break
		}
		changes = append(changes, c)
		time.Sleep(pause)
	}
	time.Sleep(near)
	cancel()
	result := <-done
	b.Add("restart", l.name, r.name, "failed restarts", float64(failed))
	if len(changes) > 0 {
		b.count(l, r.name, result, changes)
		if profiles[r.name] == nil {
			profiles[r.name] = &profile{}
		}
		profiles[r.name].add(result, changes)
	}
	return nil
}

// count makes figures of a round.
func (b *bench) count(l loading, name string, r *load.Result, changes []change) {
	restarts := float64(len(changes))
	lost := float64(r.Lost())
	add := func(metric string, v float64) { b.Add("restart", l.name, name, metric, v) }
	add("lost per restart", lost/restarts)
	add("lost per million", 1e6*lost/max(1, lost+float64(len(r.Samples))))
	add("reconnects per restart", max(0, float64(r.Dials-l.dials))/restarts)
	add("refused per restart", float64(r.Refused)/restarts)

	var switches, exits []float64
	var moments []time.Time
	for _, c := range changes {
		moments = append(moments, c.at)
		exits = append(exits, ms(c.old))
		if first, ok := r.First[c.pid]; ok { // a client may have seen it before we did
			c.new = min(c.new, r.Began.Add(first).Sub(c.at))
		}
		if c.pid != 0 {
			switches = append(switches, ms(c.new))
		}
	}
	if len(switches) > 0 {
		add("new answers, ms", stats.Median(switches))
	}
	add("old gone, ms", stats.Median(exits))
	around, steady := r.Around(moments, near)
	add("p99.9 around, ms", ms(stats.Quantile(around, 0.999)))
	add("p99.9 steady, ms", ms(stats.Quantile(steady, 0.999)))
	add("restarts", restarts)
	b.Lose("restart", l.name, name, r.Failures)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const (
	profileSpan = 750 * time.Millisecond
	profileStep = 25 * time.Millisecond
)

// profile is the latencies of every moment around the restarts of all rounds.
type profile [][]time.Duration

func (p *profile) add(r *load.Result, changes []change) {
	var moments []time.Time
	for _, c := range changes {
		moments = append(moments, c.at)
	}
	for i, latencies := range r.Profile(moments, profileSpan, profileStep) {
		if i == len(*p) {
			*p = append(*p, nil)
		}
		(*p)[i] = append((*p)[i], latencies...)
	}
}

func (b *bench) keepProfiles(profiles map[string]*profile) {
	for _, r := range slices.Concat(rivals, olderRivals, proxies) {
		p := profiles[r.name]
		if p == nil {
			continue
		}
		series := report.Series{Plot: "latency", Server: r.name}
		for i, latencies := range *p {
			series.X = append(series.X, ms(-profileSpan+time.Duration(i)*profileStep+profileStep/2))
			series.Y = append(series.Y, ms(stats.Quantile(latencies, 0.99)))
		}
		b.Series = append(b.Series, series)
	}
}
