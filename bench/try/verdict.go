//go:build linux

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/bench/load"
)

// verdict is what the clients met, and what each kind of loss means.
func verdict(name string, o options, r *load.Result) string {
	lost := r.Lost()
	var b strings.Builder
	fmt.Fprintf(&b, "%-25s %d lost of %d requests, %d reconnects, %d dials refused\n", name+":",
		lost, lost+len(r.Samples), max(0, r.Dials-o.clients), r.Refused)
	kinds := slices.SortedFunc(maps.Keys(r.Failures), func(a, b load.Failure) int {
		return cmp.Or(r.Failures[b]-r.Failures[a], strings.Compare(a.String(), b.String()))
	})
	for _, f := range kinds {
		fmt.Fprintf(&b, "%8d  %s\n", r.Failures[f], meaning(f))
	}
	return b.String()
}

// meaning is a loss in words.
func meaning(f load.Failure) string {
	connection := "a connection in use"
	if f.New {
		connection = "a new connection"
	}
	what := map[load.Kind]string{
		load.EOF: "closed", load.RST: "reset", load.EPIPE: "closed", load.Timeout: "silent until the client gave up",
		load.Malformed: "broken: no HTTP came", load.Status: "answered, with another status than before",
	}[f.Kind]
	if what == "" {
		what = "failed (" + string(f.Kind) + ")"
	}
	when := map[load.Phase]string{
		load.Dial: "before the request was sent", load.Write: "while the request was sent",
		load.Before: "after the request was sent, before an answer", load.Partial: "in the middle of an answer",
	}[f.Phase]
	return strings.TrimSpace(strings.TrimSuffix(connection+" was "+what+" "+when, " "))
}
