package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/admin"
)

// showProgress tells on standard error what the process waits for, until end
// is called: on a terminal on one line that changes, elsewhere as a line when
// it is another thing.
func (c *call) showProgress(client *admin.Client) (end func()) {
	if c.json {
		return func() {}
	}
	ctx, cancel := context.WithCancel(c.ctx)
	ended := make(chan struct{})
	began, terminal := time.Now(), isTerminal(c.stderr)
	drawn := false
	go func() {
		defer close(ended)
		last, hinted := "", false
		// Without the stream there is just nothing to show; the outcome comes anyway.
		_ = client.Follow(ctx, math.MaxUint64, func(kind string, data []byte) bool {
			var st admin.Status
			if kind != "status" || json.Unmarshal(data, &st) != nil {
				return true
			}
			what := waitingFor(st)
			switch {
			case what == "":
			case terminal:
				hint := ""
				if hinted = hinted || time.Since(began) > 2*time.Second; hinted {
					hint = "  (Ctrl-C stops watching, nothing else)"
				}
				fmt.Fprintf(c.stderr, "\r\033[K%s, %s%s", plain(what), span(time.Since(began)), hint)
				drawn = true
			case what != last:
				fmt.Fprintln(c.stderr, plain(what))
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

// waitingFor is the answer to "why does it take so long?".
func waitingFor(st admin.Status) string {
	var parts []string
	for _, w := range st.Waiting {
		parts = append(parts, fmt.Sprintf("%s %s", w.Phase, w.Name))
	}
	if st.Operation != nil && len(parts) == 0 {
		return fmt.Sprintf("%s runs, asked for by %s", st.Operation.Kind, st.Operation.By)
	}
	if len(parts) == 0 {
		return ""
	}
	text := st.State + ": waiting for " + strings.Join(parts, ", ")
	if traffic := trafficOf(st); traffic != "" {
		text += "; " + traffic
	}
	return text
}

// trafficOf sums up the connections of all servers.
func trafficOf(st admin.Status) string {
	n := map[string]float64{}
	oldest := 0.0
	for _, f := range st.Figures {
		switch {
		case f.Name == "http_connections" && len(f.Labels) == 4:
			n[f.Labels[3]] += f.Value
		case f.Name == "http_oldest_request_seconds":
			oldest = max(oldest, f.Value)
		}
	}
	if len(n) == 0 {
		return ""
	}
	text := fmt.Sprintf("%.0f active, %.0f idle", n["active"], n["idle"]+n["new"])
	if n["hijacked"] > 0 {
		text += fmt.Sprintf(", %.0f hijacked", n["hijacked"])
	}
	if oldest >= 1 {
		text += fmt.Sprintf(", the oldest request %s", span(time.Duration(oldest*float64(time.Second))))
	}
	return text
}
