package load

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A Plan says what the clients do. Conns clients run at once, each of them one
// request after another.
type Plan struct {
	Addr  string
	TLS   *tls.Config   // nil: plaintext
	Conns int           // clients; 0 means 1
	Think time.Duration // before each request a client waits 0 to Think
	Slow  float64       // share of requests that ask the handler to take time
	Fresh bool          // a new connection for each request

	SlowFrom, SlowTo time.Duration // how much time; default 0 to 20 ms

	Path     string        // default /echo
	Get      bool          // GET, and the response is only read, not compared
	Body     int           // of a POST, at least so many bytes
	Status   int           // of a response that counts as one; default 200
	Requests int           // for each client; 0 means until the context ends
	Patience time.Duration // for a dial, and for a response; default 10 s
}

func (p Plan) withDefaults() Plan {
	p.Conns = max(p.Conns, 1)
	if p.Path == "" {
		p.Path = "/echo"
	}
	if p.Status == 0 {
		p.Status = 200
	}
	if p.SlowTo == 0 {
		p.SlowTo = 20 * time.Millisecond
	}
	if p.Patience == 0 {
		p.Patience = 10 * time.Second
	}
	return p
}

// Run sends requests over raw sockets until ctx ends or all are sent, and
// returns when the last response was read. Requests in flight are not given
// up when ctx ends.
func Run(ctx context.Context, p Plan) *Result {
	p = p.withDefaults()
	return gather(ctx, p, func(t *tally) client { return &socket{plan: &p, tally: t} })
}

// RunHTTP is Run with http.Client, which must not send a body again because
// there is no GetBody. HTTP/2 takes a Plan with TLS.
func RunHTTP(ctx context.Context, p Plan, http2 bool) *Result {
	p = p.withDefaults()
	trips, made, closeIdle := transports(&p, http2)
	defer closeIdle()
	n := 0
	r := gather(ctx, p, func(t *tally) client {
		n++
		return &httpClient{plan: &p, tally: t, trip: trips[n%len(trips)]}
	})
	r.Dials, r.FullHandshakes = int(made.dials.Load()), int(made.full.Load())
	return r
}

// transports returns the round trippers to share among the clients, and what they
// count.
func transports(p *Plan, http2 bool) ([]http.RoundTripper, *connections, func()) {
	if http2 {
		return overHTTP2(p)
	}
	return overHTTP1(p)
}

// client is one user: it sends a request and waits for the response.
type client interface {
	ask(r *request)
	leave()
}

// gather lets the clients of a plan run and adds up what they met.
func gather(ctx context.Context, p Plan, newClient func(*tally) client) *Result {
	began := time.Now()
	tallies := make([]*tally, p.Conns)
	var running sync.WaitGroup
	for i := range tallies {
		t := &tally{began: began, failures: map[Failure]int{}}
		tallies[i] = t
		c := newClient(t)
		running.Go(func() {
			defer c.leave()
			user(ctx, p, i, t, c)
		})
	}
	running.Wait()
	return sum(began, tallies)
}

func user(ctx context.Context, p Plan, id int, t *tally, c client) {
	for n := 0; p.Requests == 0 || n < p.Requests; n++ {
		if p.Think > 0 && !wait(ctx, rand.N(p.Think)) {
			return
		}
		if ctx.Err() != nil {
			return
		}
		refused := t.refused
		c.ask(newRequest(&p, id, n))
		if t.refused > refused && !wait(ctx, refusedPause) {
			return
		}
	}
}

// refusedPause is between two dials that are refused.
const refusedPause = 10 * time.Millisecond

// wait returns false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
