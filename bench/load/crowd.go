package load

import (
	"fmt"
	"sync"
	"time"
)

// A Crowd is many connections on which nothing happens.
type Crowd struct {
	plan    Plan
	sockets []*socket
}

// Gather opens n connections to addr. Silent ones have never sent a byte, the
// others have had one request answered. It fails if any of them cannot be opened.
func Gather(addr string, n int, silent bool) (*Crowd, error) {
	return GatherFor(Plan{Addr: addr}, n, silent)
}

// GatherFor is Gather with the address, TLS and patience of p.
func GatherFor(p Plan, n int, silent bool) (*Crowd, error) {
	c := &Crowd{plan: Plan{Addr: p.Addr, TLS: p.TLS, Patience: p.Patience}.withDefaults(), sockets: make([]*socket, n)}
	for i := range c.sockets {
		c.sockets[i] = &socket{plan: &c.plan}
	}
	r := c.each(func(s *socket, i int) {
		if silent {
			s.dial()
		} else {
			s.ask(newRequest(&c.plan, i, 0))
		}
	})
	if r.Lost() > 0 || r.Refused > 0 {
		c.Leave()
		return nil, fmt.Errorf("open %d idle connections: %d refused, %v", n, r.Refused, r.Failures)
	}
	return c, nil
}

// Ask sends one request on every connection. Connections that the server
// closed in time are dialled anew.
func (c *Crowd) Ask() *Result {
	return c.each(func(s *socket, i int) { s.ask(newRequest(&c.plan, i, 1)) })
}

// AskSlowly is Ask for the first n connections, one after another at a steady rate.
func (c *Crowd) AskSlowly(n, perSecond int) *Result {
	some := Crowd{plan: c.plan, sockets: c.sockets[:min(n, len(c.sockets))]}
	began := time.Now()
	return some.each(func(s *socket, i int) {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		s.ask(newRequest(&c.plan, i, 1))
	})
}

// Leave closes all connections.
func (c *Crowd) Leave() {
	for _, s := range c.sockets {
		s.leave()
	}
}

// each calls do for every connection, sixteen at a time.
func (c *Crowd) each(do func(s *socket, i int)) *Result {
	began := time.Now()
	tallies := make([]*tally, len(c.sockets))
	next := make(chan int)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for i := range next {
				t := &tally{began: began, failures: map[Failure]int{}}
				tallies[i], c.sockets[i].tally = t, t
				do(c.sockets[i], i)
			}
		})
	}
	for i := range c.sockets {
		next <- i
	}
	close(next)
	workers.Wait()
	return sum(began, tallies)
}
