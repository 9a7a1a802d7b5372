package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// A request that takes 16 s of a stop's 25 s (with -budget=25s; else as much of a
// shorter one) is answered as with Shutdown in the same program, and so is one of
// 20 s.
func TestARequestMayTakeMostOfTheBudget(t *testing.T) {
	for name, share := range map[string]time.Duration{"16 of 25": 16, "20 of 25": 20} {
		for _, side := range []string{"net/http", "graceful"} {
			t.Run(name+" "+side, func(t *testing.T) {
				t.Parallel()
				entered := make(chan struct{})
				hs := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(entered)
					select {
					case <-time.After(*stopBudget * share / 25): // the request takes that long
						io.WriteString(w, "done")
					case <-r.Context().Done():
						http.Error(w, "cancelled", http.StatusServiceUnavailable)
					}
				}), false)
				var port int
				var stop func()
				if side == "graceful" {
					p, end := ours(t, hs)
					port, stop = p, func() {
						if got := end().Counts(); got["drained"] != 1 || got["cancelled"]+got["cut"] != 0 {
							t.Errorf("got counts %v, want one drained", got)
						}
					}
				} else {
					port, stop = bare(t, hs), func() {
						ctx, cancel := context.WithTimeout(context.Background(), *stopBudget)
						defer cancel()
						if err := hs.Shutdown(ctx); err != nil {
							t.Error(err)
						}
					}
				}
				answer := make(chan string, 1)
				go func() { answer <- fetch(port) }()
				<-entered
				stop()
				if got := <-answer; got != "200 done" {
					t.Errorf("got %q, want 200 done", got)
				}
			})
		}
	}
}

// fetch returns status and body of a response, or the error.
func fetch(port int) string {
	res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", res.StatusCode, body)
}
