//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/settings"
)

// configs compares the ways to read, read again and follow a configuration file.
func configs(b *bench) error {
	for _, part := range []struct {
		name string
		run  func(*bench) error
	}{{"read", reads}, {"reload", reloads}, {"apply", applies}, {"saves", savings}} {
		if err := part.run(b); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		b.progress("config, %s", part.name)
	}
	return nil
}

// writeSettings replaces the file at once, so that no reader sees half of it.
func (b *bench) writeSettings(name, content string) (string, error) {
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path+".new", []byte(content), 0o644); err != nil {
		return "", err
	}
	return path, os.Rename(path+".new", path)
}

// reads measures what it costs to read one number.
func reads(b *bench) error {
	path, err := b.writeSettings("read.yaml", settings.Content(1, 10))
	if err != nil {
		return err
	}
	readers, err := settings.Readers(path)
	if err != nil {
		return err
	}
	const kase = "one nested number"
	for range 3 * b.size.rounds {
		for _, r := range readers {
			b.Add("config read", kase, r.Name, "CPU ns", perRead(r.Read))
		}
	}
	for _, r := range readers {
		b.Add("config read", kase, r.Name, "allocations", testing.AllocsPerRun(1000, func() { runtime.KeepAlive(r.Read(1)) }))
	}
	return nil
}

// perRead is the processor time of one read and of its share in the loop, on
// this thread, which does not run while others do.
func perRead(read func(n int) int) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const enough = 5 * time.Millisecond
	for n := 1000; ; n *= 4 {
		began := threadTime()
		runtime.KeepAlive(read(n)) // so that no read is left out
		if took := threadTime() - began; took >= enough {
			return float64(took) / float64(n)
		}
	}
}

func threadTime() time.Duration { return cpuTime(unix.RUSAGE_THREAD) }

func cpuTime(target int) time.Duration {
	var u unix.Rusage
	unix.Getrusage(target, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reloads measures a whole reload: read, parse, decode, and in graceful's case
// check, compare and publish, with the work of the garbage collector. When a file
// was saved at that moment, by a rename, graceful also makes sure that no process
// writes it.
func reloads(b *bench) error {
	for _, keys := range b.size.keys {
		for _, saved := range []struct {
			when string
			age  time.Duration
		}{{"saved before", time.Minute}, {"saved just now", 0}} {
			if err := b.reload(fmt.Sprintf("%d keys, %s", keys, saved.when), keys, saved.age); err != nil {
				return err
			}
		}
	}
	return nil
}

// reload measures reloads of files of an age, each with other content.
func (b *bench) reload(kase string, keys int, age time.Duration) error {
	gen := 0
	next := func() (string, error) {
		gen++
		path, err := b.writeSettings("reload.yaml", settings.Small(gen, keys))
		if err != nil || age == 0 {
			return path, err
		}
		at := time.Now().Add(-age)
		return path, os.Chtimes(path, at, at)
	}
	path, err := next()
	if err != nil {
		return err
	}
	reload := map[string]func() error{}
	for _, l := range settings.Libraries() {
		if reload[l.Name], err = l.Open(path); err != nil {
			return fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	times := max(2, 200/keys)
	for range 2 * b.size.rounds {
		for _, l := range settings.Libraries() {
			var cpu time.Duration
			for range times {
				if _, err := next(); err != nil {
					return err
				}
				began := cpuTime(unix.RUSAGE_SELF)
				if err := reload[l.Name](); err != nil {
					return fmt.Errorf("%s: %w", l.Name, err)
				}
				cpu += cpuTime(unix.RUSAGE_SELF) - began
			}
			b.Add("config reload", kase, l.Name, "CPU ms", ms(cpu)/float64(times))
		}
	}
	return nil
}

// applies measures the time from a rename until the program knows: of a file that
// is renamed now and then, as by a person or a deployment, and of one that is
// renamed again as soon as the change before is known. graceful makes a third
// change within a second wait: a storm is a few reloads.
func applies(b *bench) error {
	const keys = 100
	for _, l := range settings.Libraries() {
		name := "apply-" + l.Name + ".yaml"
		path, err := b.writeSettings(name, settings.Small(0, keys))
		if err != nil {
			return err
		}
		seen := make(chan int, 100)
		if err := l.Watch(path, func(s *settings.Settings) { seen <- s.Gen }); err != nil {
			return err
		}
		gen := 0
		for _, pace := range []struct {
			kase  string
			rest  time.Duration
			times int
		}{{"rename", 2 * time.Second, 10}, {"rename after rename", 0, 10}} {
			time.Sleep(2 * time.Second) // until it watches, and has forgotten what was before
			for range pace.times {
				gen++
				began := time.Now()
				if _, err := b.writeSettings(name, settings.Small(gen, keys)); err != nil {
					return err
				}
				if !await(seen, gen) {
					b.Note(fmt.Sprintf("config apply, %s: a change was not seen in 5 s", l.Name))
					continue
				}
				b.Add("config apply", pace.kase, l.Name, "ms", ms(time.Since(began)))
				time.Sleep(pace.rest)
			}
		}
	}
	return nil
}

func await(seen chan int, gen int) bool {
	timeout := time.After(5 * time.Second)
	for {
		select {
		case got := <-seen:
			if got == gen {
				return true
			}
		case <-timeout:
			return false
		}
	}
}
