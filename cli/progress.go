package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
)

// progressDelay is how long a command may take before its progress is shown.
const progressDelay = 300 * time.Millisecond

// showProgress writes to standard error what the process waits for, until end is
// called: on a terminal as one line that changes, elsewhere as a line for each
// change.
func (c *call) showProgress(client *admin.Client) (end func()) {
	if c.json {
		return func() {}
	}
	ctx, cancel := context.WithCancel(c.ctx)
	ended := make(chan struct{})
	began := time.Now()
	drawn := false
	go func() {
		defer close(ended)
		last := ""
		// Without the stream there is nothing to show; the outcome does not depend
		// on it.
		_ = client.Follow(ctx, math.MaxUint64, func(kind string, data []byte) bool {
			var st admin.Status
			if kind != "status" || json.Unmarshal(data, &st) != nil || time.Since(began) < progressDelay {
				return true
			}
			what := waitingFor(st)
			width, terminal := columns(c.stderr)
			switch {
			case what == "":
			case terminal:
				line := what + numbersOf(st, time.Now())
				if hint := "  (Ctrl-C stops watching only)"; len(line)+len(hint) < width && time.Since(began) > 2*time.Second {
					line += hint
				}
				fmt.Fprint(c.stderr, "\r\033[K"+fit(sanitize(line), width-1))
				drawn = true
			case what != last:
				fmt.Fprintln(c.stderr, sanitize(what+numbersOf(st, time.Now())))
			}
			last = what
			return true
		})
	}()
	return func() {
		cancel()
		<-ended
		if drawn {
			fmt.Fprint(c.stderr, "\r\033[K")
		}
	}
}

// waitingFor returns the answer to "why does it take so long?", without the numbers
// that change every second.
func waitingFor(st admin.Status) string {
	var parts []string
	for _, w := range st.Waiting {
		parts = append(parts, fmt.Sprintf("%s %s", w.Phase, w.Name))
	}
	switch {
	case len(parts) > 0:
		return st.State + ": waiting for " + strings.Join(parts, ", ")
	case st.Operation != nil && st.Operation.Progress != "":
		return st.Operation.Kind + ": " + st.Operation.Progress
	case st.Operation != nil:
		return fmt.Sprintf("%s runs, asked for by %s", st.Operation.Kind, st.Operation.By)
	}
	return ""
}

// numbersOf returns the part that changes: the time so far, the oldest request, the
// time left.
func numbersOf(st admin.Status, now time.Time) (text string) {
	for _, w := range st.Waiting[:min(1, len(st.Waiting))] {
		text = " " + short(w.For)
	}
	if op := st.Operation; op != nil && len(st.Waiting) == 0 {
		text = ", " + short(now.Sub(op.Began))
	}
	if traffic := trafficOf(st); traffic != "" && st.Stop != nil {
		text += "; " + traffic
	}
	if st.Stop != nil && st.Stop.Requests.After(now) {
		text += "; requests get at most " + short(st.Stop.Requests.Sub(now)) + " more"
	} else if st.Stop != nil && st.Stop.Deadline.After(now) {
		text += "; at most " + short(st.Stop.Deadline.Sub(now)) + " more"
	}
	return text
}

// trafficOf summarizes the connections of all servers.
func trafficOf(st admin.Status) string {
	n := map[string]float64{}
	for _, f := range st.Metrics {
		if f.Name == "http_connections" {
			n[label(f, "state")] += f.Value
		}
	}
	if len(n) == 0 {
		return ""
	}
	text := fmt.Sprintf("%.0f in flight", n["active"])
	for _, r := range st.InFlight[:min(1, len(st.InFlight))] {
		text += fmt.Sprintf(" (oldest %s %s)", short(r.For), requestOf(r))
	}
	text += fmt.Sprintf(", %.0f idle", n["idle"]+n["new"])
	if n["hijacked"] > 0 {
		text += fmt.Sprintf(", %.0f upgraded", n["hijacked"])
	}
	return text
}

// requestOf returns the method and the route, which may contain the method.
func requestOf(r app.InFlight) string {
	return r.Method + " " + strings.TrimPrefix(cmp.Or(r.Route, r.Path), r.Method+" ")
}

func label(f app.Metric, name string) string {
	for i := 0; i+1 < len(f.Labels); i += 2 {
		if f.Labels[i] == name {
			return f.Labels[i+1]
		}
	}
	return ""
}
