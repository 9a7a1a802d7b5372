package upgrade

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// keptSteps are those of a successor that matter to a connection that moves while
// its handler runs.
var keptSteps = append([]string{"greeted", "hook"}, secureSteps...)

// startKept starts a program with a server of HTTP, or of HTTPS, and connects
// clients whose handlers let them move.
func startKept(t *testing.T, r *rig, secure bool, n int) []*conn {
	t.Helper()
	if secure {
		r.secure()
	} else {
		r.write("http", "")
	}
	r.start()
	return r.dialKept(n, secure)
}

// stopWithout closes the clients, which would not leave otherwise, and stops.
func (r *rig) stopWithout(clients []*conn) {
	r.t.Helper()
	for _, c := range clients {
		c.Close()
	}
	r.stop()
}

func plainAndSecure(t *testing.T, test func(t *testing.T, secure bool)) {
	t.Run("plain", func(t *testing.T) { t.Parallel(); test(t, false) })
	t.Run("TLS", func(t *testing.T) { t.Parallel(); test(t, true) })
}

// A successor dies at each of its steps. Handlers that had left go on in the old
// process with the state that they had left, and the next successor gets the
// connections.
func TestKeptConnectionsAreTakenBack(t *testing.T) {
	for _, step := range keptSteps {
		for _, action := range []string{"die", "exit", "term", "hang"} {
			for _, secure := range []bool{false, true} {
				if secure && action != "die" {
					continue // TLS differs only before the successor ends, whatever ends it
				}
				t.Run(fmt.Sprintf("%s %s, TLS %v", step, action, secure), func(t *testing.T) {
					t.Parallel()
					r := setUp(t)
					if action == "hang" {
						conf := r.timing(100 * time.Millisecond)
						if step == "greeted" || step == "hook" {
							conf.ReadyTimeout = time.Second
						}
						r.configure(conf)
					}
					clients := startKept(t, r, secure, 6)
					before := r.settled()
					r.write("fault", "2 "+step+" "+action)
					r.refused()
					wantSame(t, clients, 1)
					if !secure && slices.Contains(secureSteps, step) {
						before.Goroutines++ // it accepts what comes back; TLS has one anyway
					}
					r.wantAsBefore(before)
					r.remove("fault")
					r.configure(r.timing(5 * time.Second))
					r.retry()
					wantSame(t, clients, 2)
					r.stopWithout(clients)
				})
			}
		}
	}
}

// Successors die at every step, again and again, under clients that talk all the
// time: none notices, and each message is answered once.
func TestKeptConnectionsUnderLoadNoticeNoFailure(t *testing.T) {
	plainAndSecure(t, func(t *testing.T, secure bool) {
		r := setUp(t)
		rebuild := r.rebuilds()
		clients := &crew{t: t, conns: startKept(t, r, secure, 12)}
		for range *failures {
			for _, step := range keptSteps {
				for _, action := range []string{"die", "term"} {
					if step == "greeted" && action == "term" {
						continue // it does not stop before it has begun to start
					}
					r.refusedWhile(clients, rebuild, step+" "+action)
				}
			}
		}
		r.remove("fault")
		clients.work()
		r.retry()
		clients.rest()
		wantSame(t, clients.conns, 2)
		t.Logf("%d messages", clients.lines.Load())
		r.stopWithout(clients.conns)
	})
}
