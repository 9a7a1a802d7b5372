package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
)

const barWidth = 30

func timeline(c *call) int {
	client, code := c.client()
	if client == nil {
		return code
	}
	var r admin.Report
	if err := client.Get(c.ctx, "/v1/report", &r); err != nil {
		return c.failed(err)
	}
	if c.json {
		c.writeJSON(r)
		return exitDone
	}
	fmt.Fprintf(c.stdout, "%s %s\n", sanitize(r.App), sanitize(r.Text))
	for _, way := range []string{"up", "down"} {
		var steps []admin.Step
		for _, s := range r.Steps {
			if s.Way == way {
				steps = append(steps, s)
			}
		}
		if len(steps) > 0 {
			c.lane(way, steps)
		}
	}
	return exitDone
}

// lane draws the steps of the start or the stop on a time axis.
func (c *call) lane(way string, steps []admin.Step) {
	from, to := steps[0].Began, steps[0].Began
	for _, s := range steps {
		if s.Began.Before(from) {
			from = s.Began
		}
		if end := s.Began.Add(s.Took); end.After(to) {
			to = end
		}
	}
	whole := max(to.Sub(from), time.Microsecond)
	fmt.Fprintf(c.stdout, "\n%s, %s\n", way, span(whole))
	var rows [][]string
	for _, s := range steps {
		at := int(barWidth * s.Began.Sub(from) / whole)
		at = min(max(at, 0), barWidth-1)
		length := min(max(int(barWidth*s.Took/whole), 1), barWidth-at)
		bar := strings.Repeat(" ", at) + strings.Repeat("█", length) + strings.Repeat(" ", barWidth-at-length)
		note := s.Source
		if s.Outcome != app.OutcomeDone {
			note = string(s.Outcome) + ": " + s.Error + "  " + s.Source
		}
		rows = append(rows, []string{"  " + s.Phase, sanitize(s.Name), bar, span(s.Took), sanitize(strings.ReplaceAll(note, "\n", " "))})
	}
	c.table(rows)
}
