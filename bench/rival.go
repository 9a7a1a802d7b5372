//go:build linux

package main

import (
	"slices"

	"golang.org/x/sys/unix"
)

// A rival is a way to run a server, with its way to restart it.
type rival struct {
	name   string      // also of the program
	signal unix.Signal // restarts it; 0: a supervisor stops it and starts it again
	master bool        // the process that was started stays, and gets the signals
	proxy  proxyCommand
	note   string
}

var rivals = []rival{
	{name: "graceful", signal: unix.SIGUSR2},
	{name: "nethttp", note: "nethttp: Shutdown with 5 s; this program is its supervisor and starts it again as soon as it has exited"},
	{name: "tableflip", signal: unix.SIGHUP, note: "tableflip: v1.2.3, its example for net/http, SIGTERM added"},
	{name: "overseer", signal: unix.SIGUSR2, master: true,
		note: "overseer: v1.1.6, the example of its README; it leaves SIGTERM to the program, and that example does nothing about it"},
}

// olderRivals are no longer maintained, and compared in the suites restart and exit
// only. HTTP/2 is no part of them.
var olderRivals = []rival{
	{name: "endless", signal: unix.SIGHUP, note: "endless: its last commit, of 2017; 5 s before it cuts connections"},
	{name: "grace", signal: unix.SIGUSR2, note: "grace: its last commit, of 2018"},
}

// plainFx is compared only where it differs from nethttp: stop and start-up.
var plainFx = rival{name: "fx", note: "fx: listen and serve in OnStart, Shutdown in OnStop, as in its tutorial"}

// rivals are those of this size of run. What is left out is noted.
func (b *bench) rivals(more ...rival) []rival {
	var some []rival
	for _, r := range append(slices.Clone(rivals), more...) {
		if b.size.rivals != nil && !slices.Contains(b.size.rivals, r.name) && r.name != "fx" {
			b.Note("left out of this " + b.size.name + " run: " + r.name)
			continue
		}
		if r.note != "" {
			b.Note(r.note)
		}
		some = append(some, r)
	}
	return some
}

// turns calls do for every rival in every round, in alternating order.
func turns(rounds int, all []rival, do func(round int, r rival) error) error {
	for round := range rounds {
		for _, r := range inTurn(round, all) {
			if r.proxy != nil && round > 0 {
				continue // a point of reference needs no rounds
			}
			if err := do(round, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// inTurn is the order of a round: backwards in every second one, so that no server
// always follows the same one.
func inTurn(round int, all []rival) []rival {
	order := slices.Clone(all)
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}
