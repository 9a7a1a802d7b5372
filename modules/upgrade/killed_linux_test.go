package upgrade

import (
	"errors"
	"testing"
)

// A fate is what becomes of a client's connection when a process is killed.
type fate int

const (
	ends    fate = iota // no process holds it
	mayLive             // the new process may have it already
	lives               // the new process has it
)

// killedProcesses are the steps of either side at which the old process is killed,
// and the fate of connections that are idle and of those that move while their
// handler runs.
var killedProcesses = []struct {
	fault      string
	idle, kept fate
}{
	{"1 spawned die", ends, ends},
	{"1 moving die", ends, ends},
	{"1 conns die", ends, ends},
	{"2 got STATES orphan", mayLive, mayLive}, // it holds some, and is never asked to take over
	{"2 before ack orphan", mayLive, mayLive},
	{"2 after ack orphan", mayLive, mayLive},
	{"1 moved die", mayLive, lives},
	{"1 committing die", mayLive, lives},
	{"1 commit sent die", lives, lives},
	{"2 got COMMIT orphan", lives, lives},
	{"2 committed orphan", lives, lives},
	{"1 replaced die", lives, lives},
}

// check compares the answer that a client got with the fate of its connection.
func (f fate) check(t *testing.T, client int, got, want string, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errNonsense):
		t.Errorf("client %d: %v", client, err)
	case err == nil && got != want:
		t.Errorf("client %d: got %q, want %q", client, got, want)
	case err == nil && f == ends:
		t.Errorf("client %d: the connection lives that no process holds", client)
	case err != nil && f == lives:
		t.Errorf("client %d: the connection has ended: %v", client, err)
	}
}

// killedAt requests an upgrade in which the old process is killed, and waits until
// the new one is alone.
func (r *rig) killedAt(fault string) {
	r.t.Helper()
	r.write("fault", fault)
	_, _ = r.dial().ask("upgrade")
	r.await("^generation 2 is the only one")
}

// A connection that the new process already holds goes on there; any other ends. No
// client is served by two processes, or answered with nonsense.
func TestConnectionsThroughTLSSurviveTheirProcess(t *testing.T) {
	for _, tt := range killedProcesses {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			r := setUp(t).secure().start()
			clients := append(r.dialTLS(6), r.dialHTTP2(3)...)
			r.killedAt(tt.fault)
			for i, c := range clients {
				f := tt.idle
				if c.http2 != nil {
					f = min(f, mayLive) // HTTP/2 may move later
				}
				got, err := c.ask("hello")
				f.check(t, i, got, "2 hello", err)
			}
		})
	}
}

// A connection that the new process already holds goes on there, from the number
// that it had reached; any other ends.
func TestKeptConnectionsSurviveTheirProcess(t *testing.T) {
	for _, tt := range killedProcesses {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			plainAndSecure(t, func(t *testing.T, secure bool) {
				r := setUp(t)
				clients := startKept(t, r, secure, 6)
				r.killedAt(tt.fault)
				for i, c := range clients {
					var got string
					var err error
					for got = "1 again"; got == "1 again" && err == nil; { // events that were sent before
						got, err = c.ask("again")
					}
					tt.kept.check(t, i, got, "2 again", err)
				}
			})
		})
	}
}
