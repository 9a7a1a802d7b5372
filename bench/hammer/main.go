// Command hammer sends requests that it never repeats, until it is interrupted
// (SIGINT, SIGTERM), and says how many of them failed; its exit code is 1 if
// any did.
//
//	hammer [-clients 32] [-think 50ms] HOST:PORT/PATH
//
// A refused dial is not a failure: nothing was sent.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gracefulfx/graceful/bench/load"
)

func main() {
	clients := flag.Int("clients", 32, "how many send at once, each on its own connection")
	think := flag.Duration("think", 50*time.Millisecond, "the longest pause of a client between two requests")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: hammer [flags] HOST:PORT/PATH")
		flag.PrintDefaults()
	}
	flag.Parse()
	addr, path, _ := strings.Cut(strings.TrimPrefix(flag.Arg(0), "http://"), "/")
	if flag.NArg() != 1 || addr == "" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	result := load.Run(ctx, load.Plan{Addr: addr, Path: "/" + path, Get: true, Conns: *clients, Think: *think})
	fmt.Println(summary(result))
	if result.Lost() > 0 {
		os.Exit(1)
	}
}

// summary is one line, and one more for each way in which requests failed.
func summary(r *load.Result) string {
	lost := r.Lost()
	var b strings.Builder
	for _, f := range slices.SortedFunc(maps.Keys(r.Failures), func(a, b load.Failure) int { return strings.Compare(a.String(), b.String()) }) {
		fmt.Fprintf(&b, "%d: %v\n", r.Failures[f], f)
	}
	fmt.Fprintf(&b, "%d failed of %d requests", lost, lost+len(r.Samples))
	return b.String()
}
