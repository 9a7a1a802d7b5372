//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/bench/settings"
	"github.com/gracefulfx/graceful/modules/config/configtest"
)

// outcome is what the program saver reports.
type outcome struct {
	Skipped string
	Right   bool
	Torn    int
	Changes int
}

// savings saves a file in every way of configtest while each of the libraries
// watches it, each in a separate process, eight at a time: they mostly wait.
func savings(b *bench) error {
	saver := filepath.Join(b.dir, "saver")
	type job struct {
		library string
		pattern int
	}
	var jobs []job
	for _, l := range settings.Libraries() {
		for i := range configtest.Patterns() {
			jobs = append(jobs, job{l.Name, i})
		}
	}
	outcomes := make([]outcome, len(jobs))
	errs := make([]error, len(jobs))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for i := range next {
				outcomes[i], errs[i] = b.trySaving(saver, jobs[i].library, jobs[i].pattern)
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	workers.Wait()

	all := fmt.Sprintf("%d ways to save", len(configtest.Patterns()))
	for i, j := range jobs {
		name := configtest.Patterns()[j.pattern].Name
		switch o := outcomes[i]; {
		case errs[i] != nil:
			b.Note(fmt.Sprintf("config saves, %s, %s: %v", j.library, name, errs[i]))
		case o.Skipped != "":
			b.Note(fmt.Sprintf("config saves: %s skipped: %s", name, o.Skipped))
		default:
			b.addTo("config saves", all, j.library, "right in the end", count(o.Right))
			b.addTo("config saves", all, j.library, "torn", float64(o.Torn))
			b.addTo("config saves", all, j.library, "changes per save", float64(o.Changes)/float64(b.size.saves*len(configtest.Patterns())))
			b.Add("config saves, each way", name, "right in the end", j.library, count(o.Right))
			if o.Torn > 0 {
				b.Add("config saves, each way", name, "torn", j.library, float64(o.Torn))
			}
		}
	}
	return nil
}

func count(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// addTo sums up.
func (b *bench) addTo(suite, kase, server, metric string, v float64) {
	if values := b.Values(suite, kase, server, metric); values != nil {
		values[0] += v
		return
	}
	b.Add(suite, kase, server, metric, v)
}

func (b *bench) trySaving(saver, library string, pattern int) (o outcome, err error) {
	dir, err := os.MkdirTemp(b.dir, "save")
	if err != nil {
		return o, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, saver, library, strconv.Itoa(pattern), strconv.Itoa(b.size.saves), dir)
	out, err := cmd.Output()
	if err != nil {
		return o, fmt.Errorf("the process died: %w", err)
	}
	return o, json.Unmarshal(out, &o)
}
