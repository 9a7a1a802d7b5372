package httpserver

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A rest does not make a connection younger, whether the application knows it or
// not.
func TestAgeCountsAcrossARest(t *testing.T) {
	const age = brief
	knows := tuned(func(hs *http.Server) { hs.ConnState = func(net.Conn, http.ConnState) {} })
	for name, opt := range map[string]rigOption{"descriptor": nil, "connection": knows} {
		t.Run(name, func(t *testing.T) {
			opts := []rigOption{restsAfter(time.Millisecond), configured(func(c *Config) { c.MaxConnectionAge = age })}
			if opt != nil {
				opts = append(opts, opt)
			}
			r := newRig(t, nil, who("it"), opts...).start()
			began := time.Now()
			c := r.dial()
			for {
				c.send(post)
				res, body := c.receive()
				if body != "it POST abc" {
					t.Fatalf("got %q", body)
				}
				if res.Close {
					break
				}
				if d := time.Since(began); d > 10*age {
					t.Fatalf("no goodbye after %v", d)
				}
				r.atRest(1)
			}
			if d := time.Since(began); d < age*8/10 {
				t.Errorf("a goodbye after %v", d)
			}
		})
	}
}

// The monitor of stalled clients leaves a connection at rest alone, and watches its
// next request like any other.
func TestStallMonitorLeavesARestAlone(t *testing.T) {
	failed := make(chan error, 1)
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			failed <- err
		}
		hello(w, r)
	}), restsAfter(time.Millisecond), configured(func(c *Config) { c.StallTimeout = 0 }))
	c := r.dial()
	for range 2 {
		c.send(post)
		c.wantAnswer("hello")
		r.atRest(1)
		for range 3 * rounds {
			r.server.conns.Scan()
		}
	}
	if got := r.server.conns.Stalled(); got != 0 {
		t.Fatalf("%d cut at rest", got)
	}
	c.send(upload + "some")
	await(t, "handler reads", r.server.isReading)
	for range rounds {
		r.server.conns.Scan()
	}
	if err := <-failed; err == nil || r.server.conns.Stalled() != 1 {
		t.Errorf("got %v, %d cut", err, r.server.conns.Stalled())
	}
}
