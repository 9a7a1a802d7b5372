//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/bench/load"
	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/report"
	"github.com/gracefulfx/graceful/bench/stats"
)

// restAfter is less than the default, so that a round does not wait for that, and
// more than two requests on every connection take: none comes to rest in between.
const restAfter = 4 * time.Second

// idle measures what a connection costs that waits, and its next two requests: of
// all connections at once, and of some one after another. Then it measures the
// restart with all of them waiting, less that without any.
func idle(b *bench) error {
	steps := b.connections()
	n := steps[min(len(steps), 3)-1]
	kase := fmt.Sprintf("%d idle", n)
	err := turns(max(1, b.size.rounds/2), b.rivals(), func(_ int, r rival) error {
		file := filepath.Join(b.dir, "upgrade.json")
		s, err := b.start(r, false, "BENCH_HTTP_REST_AFTER="+restAfter.String(), handler.EnvUpgrade+"="+file)
		if err != nil {
			return err
		}
		defer s.kill()
		i := &idling{server: s, kase: kase, n: n, file: file}
		if err := i.restartEmpty(); err != nil {
			return err
		}
		return i.gather()
	})
	b.judgeIdle(kase)
	b.progress("idle, %s", kase)
	return err
}

// idling is a server with connections that wait.
type idling struct {
	*server
	kase  string
	n     int
	file  string // with the outcome of an upgrade
	empty restarted
}

func (i *idling) add(metric string, v float64) { i.bench.Add("idle", i.kase, i.name, metric, v) }

// collected returns the resident memory after a collection, once all that can rest
// does.
func (i *idling) collected() (int, error) {
	wait := time.Second
	if i.name == "graceful" {
		wait += restAfter * 3 / 2
	}
	time.Sleep(wait)
	if _, err := i.get("/collect", patience); err != nil {
		return 0, err
	}
	return proc.RSS(i.pid), nil
}

// gather opens the connections and sends requests on each, again and again.
func (i *idling) gather() error {
	empty, err := i.collected()
	if err != nil {
		return err
	}
	crowd, err := load.Gather(i.addr, i.n, false)
	if err != nil {
		return err
	}
	defer crowd.Leave()
	for round := range 3 {
		full, err := i.collected()
		if err != nil {
			return err
		}
		if round == 0 {
			i.add("kB each, after a collection", float64(full-empty)/1e3/float64(i.n))
		}
		if err := i.askTwice("first : second", i.n, crowd.Ask); err != nil {
			return err
		}
	}
	if _, err := i.collected(); err != nil {
		return err
	}
	if err := i.askTwice("steady: first : second", slowly, func() *load.Result { return crowd.AskSlowly(slowly, slowly/2) }); err != nil {
		return err
	}
	return i.restartFull(crowd)
}

// slowly is how many connections are asked one after another: in two seconds, so
// that none rests before its second request.
const slowly = 2000

// askTwice sends a request on n connections, and another, and compares the two.
func (i *idling) askTwice(ratio string, n int, ask func() *load.Result) error {
	var each [2]float64
	for k, request := range []string{"first request, CPU µs", "second request, CPU µs"} {
		before, err := proc.CPU(i.pid)
		if err != nil {
			return err
		}
		asked := ask()
		after, err := proc.CPU(i.pid)
		if err != nil {
			return err
		}
		each[k] = 1e3 * ms(after-before) / float64(n)
		if n == i.n {
			i.add(request, each[k])
		}
		i.bench.Lose("idle", i.kase, i.name, asked.Failures)
	}
	i.add(ratio, each[0]/each[1])
	return nil
}

// restarted is what a restart has cost.
type restarted struct {
	change
	cpu time.Duration // of both processes
	rss int           // of the new one
	// fromReady is from the READY of the new process to the last word of the old
	// one about the upgrade: all connections have moved, and the new one is in
	// charge. Only graceful reports it.
	fromReady time.Duration
}

// restartOnce restarts the server, and waits until the old process is gone.
func (i *idling) restartOnce() (r restarted, err error) {
	_ = os.Remove(i.file) // of another server
	used := cpuUntilGone(i.pid)
	if r.change, err = i.restart(); err != nil {
		return r, err
	}
	st, err := i.stats()
	if err != nil {
		return r, err
	}
	r.cpu, r.rss = st.CPU+used(), proc.RSS(i.pid)
	if text, err := os.ReadFile(i.file); err == nil {
		var said struct {
			Ready time.Duration `json:"ready_ns"`
			Took  time.Duration `json:"took_ns"`
		}
		if err := json.Unmarshal(text, &said); err != nil {
			return r, err
		}
		r.fromReady = said.Took - said.Ready
	}
	return r, nil
}

func (i *idling) restartEmpty() (err error) {
	i.empty, err = i.restartOnce()
	return err
}

// restartFull restarts the server while all connections wait.
func (i *idling) restartFull(crowd *load.Crowd) error {
	if _, err := i.collected(); err != nil {
		return err
	}
	full, err := i.restartOnce()
	if err != nil {
		i.bench.Note(fmt.Sprintf("idle, %s: %v", i.name, err))
		return nil
	}
	i.add("restart, ms", ms(full.old))
	if full.fromReady > 0 {
		i.add("restart, from READY, ms", ms(full.fromReady))
	}
	i.add("restart, CPU µs each", 1e3*ms(full.cpu-i.empty.cpu)/float64(i.n))
	i.add("restart, MiB more", float64(full.rss-i.empty.rss)/(1<<20))
	asked := crowd.Ask()
	i.add("restart, reconnects", float64(asked.Dials))
	i.bench.Lose("idle", i.kase, i.name, asked.Failures)
	return nil
}

// judgeIdle checks by the medians what was promised for idle connections.
func (b *bench) judgeIdle(kase string) {
	for _, p := range []struct {
		metric string
		most   float64
	}{
		{"kB each, after a collection", 2},
		{"first : second", 1.5},
		{"restart, from READY, ms", 150},
		{"restart, CPU µs each", 15},
		{"restart, MiB more", 15},
		{"restart, reconnects", 0},
	} {
		values := b.Values("idle", kase, "graceful", p.metric)
		if len(values) == 0 {
			continue
		}
		got := stats.Median(values)
		b.Gates = append(b.Gates, report.Gate{
			Promise: fmt.Sprintf("idle, %s: %s at most %v", kase, p.metric, p.most),
			Got:     stats.Text(got),
			OK:      got <= p.most,
		})
	}
}
