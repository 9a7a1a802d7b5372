package httpserver

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Clients that never retry, and never connect again, work through a move.
func TestMoveUnderLoadLosesNothing(t *testing.T) { moveUnderLoad(t) }

func TestMoveUnderLoadOnAUnixSocketLosesNothing(t *testing.T) {
	moveUnderLoad(t, onSocketOfItsOwn(t))
}

func moveUnderLoad(t *testing.T, opts ...rigOption) {
	old, _, way := pairOf(t, opts...)
	var clients sync.WaitGroup
	stop := make(chan struct{})
	var answers atomic.Int64
	for range 64 {
		c := old.dial()
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_ = c.SetDeadline(time.Now().Add(patience))
				if _, err := io.WriteString(c, post); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				res, err := http.ReadResponse(c.br, nil)
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if body, err := io.ReadAll(res.Body); err != nil || res.Close || len(body) != len("new POST abc") {
					t.Errorf("got %q, %v, close %v", body, err, res.Close)
					return
				}
				answers.Add(1)
			}
		})
	}
	// What waits in the accept queue belongs to the other holder of the socket;
	// here there is none.
	await(t, "load on every connection", func() bool { return answers.Load() > 1000 && old.server.conns.Len() == 64 })
	moveTo(t, old, way)
	old.stop(app.Reason{Kind: app.Replaced})
	report := old.wait()
	after := answers.Load()
	await(t, "load on the new server", func() bool { return answers.Load() > after+1000 })
	close(stop)
	clients.Wait()
	if got := report.Counts(); got["cut"] != 0 || got["idle_closed"] != 0 || way.handed.Load() != 64 {
		t.Errorf("got %v, %d moved, want 64 and nothing lost", got, way.handed.Load())
	}
}
