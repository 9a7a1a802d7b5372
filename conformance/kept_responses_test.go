package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func keptEvents(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	next := 1
	if p.Resumed() {
		_ = json.Unmarshal(p.State(), &next)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	_ = rc.Flush()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprintf(w, "id: %d\ndata: x\n\n", next)
			next++
			if n, err := strconv.Atoi(r.URL.Query().Get("n")); err == nil && next > n {
				return
			}
			if rc.Flush() != nil {
				return
			}
		case <-p.Moving():
			p.Leave([]byte(strconv.Itoa(next)))
			return
		case <-app.Draining(r.Context()):
			return
		}
	}
}

// keptPoll answers some time after the first handler of the request began.
func keptPoll(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	began := time.Now().UnixNano()
	if p.Resumed() {
		_ = json.Unmarshal(p.State(), &began)
	}
	wait, _ := time.ParseDuration(r.URL.Query().Get("wait"))
	select {
	case <-time.After(wait - time.Since(time.Unix(0, began))):
		fmt.Fprintf(w, "after %s", wait)
	case <-p.Moving():
		p.Leave(strconv.AppendInt(nil, began, 10))
	}
}
