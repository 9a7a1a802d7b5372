//go:build linux

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// judge checks promises that noise cannot break. A promise about something that was
// not measured is not judged.
func (b *bench) judge() {
	b.zero("restart", "failed restarts", nil)
	b.zero("restart", "lost per restart", lossless)
	b.zero("restart", "reconnects per restart", ourClient)
	b.zeroOf("grpc-graceful", "grpc", "lost", nil)
	b.zero("scale", "lost", nil)
	b.zero("scale", "reconnects", nil)
	b.judgeTLS()
	b.judgeStreams()
	b.zero("config saves", "torn", nil)
	b.dearer("config read", "viper", "CPU ns", 150)
	b.dearer("config read", "viper, env", "CPU ns", 400)
	b.dearer("config read", "koanf", "CPU ns", 30)
	b.atMost("config reload", "10 keys, saved before", "viper", "CPU ms", 3)
	b.atMost("config reload", "600 keys, saved before", "viper", "CPU ms", 1.5)
	b.notMore("steady", "hello", "allocations per request", 0.5)
	b.notMore("steady", "echo", "allocations per request", 0.5)
}

// dearer demands that the number of another server is that many times graceful's.
// It compares the minimum of each, because noise only adds, with a margin of one
// half.
func (b *bench) dearer(suite, name, metric string, times float64) {
	for _, kase := range report.Cases(b.Of(suite)) {
		ours, theirs := b.Values(suite, kase, "graceful", metric), b.Values(suite, kase, name, metric)
		if len(ours) == 0 || len(theirs) == 0 {
			continue
		}
		got := slices.Min(theirs) / slices.Min(ours)
		b.Gates = append(b.Gates, report.Gate{
			Promise: fmt.Sprintf("%s, %s: %s is at least %v times dearer", suite, kase, name, times),
			Got:     stats.Text(got),
			OK:      got >= times,
		})
	}
}

// atMost demands that graceful's number is at most so many times another server's.
// It compares the minimum of each, because noise only adds.
func (b *bench) atMost(suite, kase, name, metric string, times float64) {
	ours, theirs := b.Values(suite, kase, "graceful", metric), b.Values(suite, kase, name, metric)
	if len(ours) == 0 || len(theirs) == 0 {
		return
	}
	got := slices.Min(ours) / slices.Min(theirs)
	b.Gates = append(b.Gates, report.Gate{
		Promise: fmt.Sprintf("%s, %s: at most %v times %s", suite, kase, times, name),
		Got:     stats.Text(got),
		OK:      got <= times,
	})
}

// lossless says for which loads the promise is made: plaintext HTTP/1.1.
func lossless(kase string) bool {
	return !strings.HasPrefix(kase, "TLS") && !strings.HasPrefix(kase, "h2")
}

// ourClient leaves out http.Client as well, which also dials when it need not.
func ourClient(kase string) bool {
	return lossless(kase) && !strings.HasPrefix(kase, "http.Client")
}

// zero demands that graceful's figure is 0 in every round.
func (b *bench) zero(suite, metric string, of func(kase string) bool) {
	b.zeroOf("graceful", suite, metric, of)
}

func (b *bench) zeroOf(server, suite, metric string, of func(kase string) bool) {
	for _, kase := range report.Cases(b.Of(suite)) {
		values := b.Values(suite, kase, server, metric)
		if len(values) == 0 || of != nil && !of(kase) {
			continue
		}
		worst := slices.Max(values)
		b.Gates = append(b.Gates, report.Gate{
			Promise: fmt.Sprintf("%s, %s: %s is 0", suite, kase, metric),
			Got:     stats.Text(worst),
			OK:      worst == 0,
		})
	}
}

// notMore demands that graceful needs no more than net/http, give or take.
func (b *bench) notMore(suite, kase, metric string, slack float64) {
	ours, theirs := b.Values(suite, kase, "graceful", metric), b.Values(suite, kase, "nethttp", metric)
	if len(ours) == 0 || len(theirs) == 0 {
		return
	}
	a, n := stats.Median(ours), stats.Median(theirs)
	b.Gates = append(b.Gates, report.Gate{
		Promise: fmt.Sprintf("%s, %s: %s not above net/http by %v", suite, kase, metric, slack),
		Got:     fmt.Sprintf("%.2f against %.2f", a, n),
		OK:      a <= n+slack,
	})
}
