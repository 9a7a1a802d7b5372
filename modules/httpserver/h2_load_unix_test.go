//go:build unix

package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// hammerH2 keeps some streams of one connection busy, and opens a new connection
// whenever the server asks it to leave, until the port is closed.
func hammerH2(addr string, secure bool, total *losses) {
	for {
		c, err := dialH2(addr, secure)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err != nil {
			total.add(0, "dial: "+kind(err))
			return
		}
		var streams sync.WaitGroup
		for range 8 {
			streams.Go(func() {
				for {
					err := c.post()
					if err == errLeaving {
						return
					}
					if err != nil {
						total.add(0, err.Error())
						return
					}
					total.add(1, "")
				}
			})
		}
		streams.Wait()
		c.nc.Close()
	}
}

func TestStopUnderHTTP2LoadLosesNoStream(t *testing.T) {
	needsHoldBack(t)
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls %v", secure), func(t *testing.T) {
			total := losses{lost: map[string]int{}}
			for range *stops {
				var served atomic.Int64
				both := new(http.Protocols)
				both.SetHTTP1(true)
				both.SetHTTP2(true)
				both.SetUnencryptedHTTP2(true)
				opts := []rigOption{tuned(func(hs *http.Server) { hs.Protocols = both })}
				if secure {
					opt, _ := withTLS(t, "test")
					opts = append(opts, opt)
				}
				r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { served.Add(1); echo(w, r) }), opts...)
				var clients sync.WaitGroup
				for range 4 {
					clients.Go(func() { hammerH2(r.addr, secure, &total) })
				}
				await(t, "load", func() bool { return served.Load() > 300 })
				r.term()
				if got := r.wait().Counts(); got["cut"] != 0 {
					t.Errorf("cut %d connections", got["cut"])
				}
				clients.Wait()
			}
			if len(total.lost) > 0 {
				t.Errorf("%d answered, lost: %v", total.answered, total.lost)
			}
			t.Logf("%d answered over %d stops", total.answered, *stops)
		})
	}
}
