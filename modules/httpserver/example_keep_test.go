package httpserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// The smallest event stream that survives upgrades: its state is the number of the
// next event.
func ExampleKeep() {
	events := func(w http.ResponseWriter, r *http.Request) {
		passage := httpserver.Keep(r)
		next := 1
		if passage.Resumed() {
			_ = json.Unmarshal(passage.State(), &next)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		rc := http.NewResponseController(w)
		_ = rc.Flush()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(w, "id: %d\ndata: tick\n\n", next)
				_ = rc.Flush()
				next++
			case <-passage.Moving(): // the process is being replaced
				state, _ := json.Marshal(next)
				passage.Leave(state)
				return
			case <-app.Draining(r.Context()): // the process stops
				return
			case <-r.Context().Done(): // the client has gone
				return
			}
		}
	}
	http.HandleFunc("GET /events", events)
}
