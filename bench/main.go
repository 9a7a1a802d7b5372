//go:build linux

// Command bench compares graceful with the alternatives: in the same run, on the
// same machine, with the same handler. See README.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/proc"
	"github.com/gracefulfx/graceful/bench/report"
)

func main() {
	quick := flag.Bool("quick", false, "less of everything, in under four minutes")
	smoke := flag.Bool("smoke", false, "only what noise cannot touch, in under a minute; exit code 1 if a gate fails")
	only := flag.String("suite", "", "run only these suites, separated by commas: "+strings.Join(suiteNames(), ", "))
	kase := flag.String("case", "", "of the suites restart and streams, run only the cases whose names match this regular expression")
	out := flag.String("out", "", "folder for results.json, results.md and the plots (default: ../docs/bench for a full run, else nothing is written); with -suite, what else is in results.json there is kept")
	flag.Parse()

	size := full
	switch {
	case *smoke:
		size = smoky
	case *quick:
		size = short
	case *out == "" && *only == "":
		*out = filepath.Join("..", "docs", "bench")
	}
	var err error
	if size.only, err = regexp.Compile(*kase); err != nil {
		fmt.Fprintln(os.Stderr, "bench: -case:", err)
		os.Exit(2)
	}
	size.sockets = slices.DeleteFunc(slices.Clone(size.sockets), func(s sockets) bool { return !size.only.MatchString(s.String()) })
	if err := run(size, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// suite is one part of the comparison.
type suite struct {
	name string
	run  func(*bench) error
}

var suites = []suite{
	{"restart", restarts},
	{"stop", stops},
	{"exit", exits},
	{"grpc", grpcStops},
	{"steady", steady},
	{"cost", costs},
	{"instructions", countInstructions},
	{"startup", startups},
	{"scale", scale},
	{"idle", idle},
	{"config", configs},
	{"tls", upgradesUnderTLS},
	{"streams", streams},
}

func suiteNames() []string {
	var names []string
	for _, s := range suites {
		names = append(names, s.name)
	}
	return names
}

func run(size size, only, out string) error {
	chosen := size.suites
	if only != "" {
		chosen = strings.Split(only, ",")
		for _, name := range chosen {
			if !slices.Contains(suiteNames(), name) {
				return fmt.Errorf("unknown suite %q: use %s", name, strings.Join(suiteNames(), ", "))
			}
		}
	}
	if err := proc.Adopt(); err != nil {
		return err
	}
	b, err := prepare(size)
	if err != nil {
		return err
	}
	defer b.cleanUp()
	go b.endOnInterrupt()
	for _, s := range suites {
		if !slices.Contains(chosen, s.name) {
			continue
		}
		began := time.Now()
		if err := s.run(b); err != nil {
			return errors.Join(fmt.Errorf("suite %s: %w", s.name, err), b.excerpt())
		}
		b.progress("%s: %.0f s", s.name, time.Since(began).Seconds())
	}
	b.Seconds = time.Since(b.Began).Seconds()
	b.Machine.LoadAfter = report.Load()
	b.judge()
	failed, gates := b.Failed(), len(b.Gates)
	if only != "" && out != "" {
		if err := b.keep(out); err != nil {
			return err
		}
	}
	if err := b.publish(out); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d gates failed", failed, gates)
	}
	return nil
}

// endOnInterrupt ends all servers of this run on an interrupt: they are the only
// descendants of this process.
func (b *bench) endOnInterrupt() {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, unix.SIGTERM)
	<-interrupted
	for _, pid := range proc.Children(os.Getpid()) {
		proc.Signal(pid, unix.SIGKILL)
	}
	os.RemoveAll(b.dir)
	os.Exit(130)
}

// keep adds what an earlier run of other suites or cases has written to the folder.
func (b *bench) keep(out string) error {
	text, err := os.ReadFile(filepath.Join(out, "results.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var old report.Report
	if err := json.Unmarshal(text, &old); err != nil {
		return fmt.Errorf("%s/results.json: %w", out, err)
	}
	var cases []string
	for _, l := range b.allLoadings() {
		cases = append(cases, l.name)
	}
	b.Keep(&old, b.size.only.String() != "")
	b.Sort(suiteNames(), cases)
	return nil
}

// page is the tables with the plots, and leads to the other pages of the folder.
func (b *bench) page(out string) func(io.Writer) error {
	return func(w io.Writer) error {
		fmt.Fprintf(w, "# Results\n\nMade by [bench](../../bench), which says how to read them.\n\n")
		if pages, err := titles(out); err != nil {
			return err
		} else if len(pages) > 0 {
			fmt.Fprintf(w, "Other measurements, each with its page:\n\n%s\n\n", strings.Join(pages, "\n"))
		}
		for _, name := range slices.Sorted(maps.Keys(b.plots())) {
			fmt.Fprintf(w, "![%s](%s)\n\n", name, name)
		}
		return b.Write(w)
	}
}

// titles are the other pages of a folder, as a list of links.
func titles(dir string) (list []string, err error) {
	pages, err := filepath.Glob(filepath.Join(dir, "*.md"))
	for _, page := range pages {
		name := filepath.Base(page)
		if name == "results.md" {
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			return nil, err
		}
		first, _, _ := strings.Cut(string(text), "\n")
		list = append(list, fmt.Sprintf("- [%s](%s)", strings.TrimPrefix(first, "# "), name))
	}
	return list, err
}

// publish prints the tables, and writes everything to the folder.
func (b *bench) publish(out string) error {
	if err := b.Write(os.Stdout); err != nil || out == "" {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := toFile(filepath.Join(out, "results.md"), b.page(out)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(b.Report, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "results.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return b.draw(out)
}
