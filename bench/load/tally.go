package load

import (
	"slices"
	"time"
)

// tally is what one client met; it belongs to that client alone.
type tally struct {
	began time.Time

	samples  []Sample
	failures map[Failure]int
	failedAt []time.Duration
	refused  int
	dials    int
	full     int // handshakes that did not resume a session
	idle     int // connections found closed when the client looked, nothing lost
	pids     []seen
}

// seen is the first response of a process to one client.
type seen struct {
	pid int
	at  time.Duration
}

func (t *tally) now() time.Duration { return time.Since(t.began) }

func (t *tally) ok(sent time.Duration, pid int) {
	now := t.now()
	t.samples = append(t.samples, Sample{now, now - sent})
	if pid != 0 && (len(t.pids) == 0 || t.pids[len(t.pids)-1].pid != pid) {
		t.pids = append(t.pids, seen{pid, now})
	}
}

// fail counts a lost request. A dial that was refused loses none: the client
// knows that nothing was sent. (HTTP/2 may dial in any phase, for a request
// that it had not sent yet when the server sent GOAWAY on its connection.)
func (t *tally) fail(p Phase, err error, isNew bool) { t.failKind(p, kindOf(err), isNew) }

func (t *tally) failKind(p Phase, k Kind, isNew bool) {
	if k == Refused {
		t.refused++
		return
	}
	t.failures[Failure{p, k, isNew}]++
	t.failedAt = append(t.failedAt, t.now())
}

// A Sample is one answered request. Times count from the beginning of the run.
type Sample struct {
	At      time.Duration // when the response was complete
	Latency time.Duration
}

// Result is what all clients met together.
type Result struct {
	Began          time.Time
	Took           time.Duration
	Samples        []Sample // by At
	Failures       map[Failure]int
	FailedAt       []time.Duration       // when a request was lost, ascending
	Refused        int                   // dials that were refused; no request was sent
	Dials          int                   // connections made
	FullHandshakes int                   // of TLS, without those that resumed a session
	Idle           int                   // connections that the server had closed in time to be seen
	First          map[int]time.Duration // process id: its first response
}

// Lost is how many requests were sent and not answered.
func (r *Result) Lost() int {
	n := 0
	for _, f := range r.Failures {
		n += f
	}
	return n
}

func sum(began time.Time, tallies []*tally) *Result {
	r := &Result{Began: began, Took: time.Since(began), Failures: map[Failure]int{}, First: map[int]time.Duration{}}
	for _, t := range tallies {
		r.Samples = append(r.Samples, t.samples...)
		r.FailedAt = append(r.FailedAt, t.failedAt...)
		for f, n := range t.failures {
			r.Failures[f] += n
		}
		r.Refused += t.refused
		r.Dials += t.dials
		r.FullHandshakes += t.full
		r.Idle += t.idle
		for _, s := range t.pids {
			if at, ok := r.First[s.pid]; !ok || s.at < at {
				r.First[s.pid] = s.at
			}
		}
	}
	slices.SortFunc(r.Samples, func(a, b Sample) int { return int(a.At - b.At) })
	slices.Sort(r.FailedAt)
	return r
}
