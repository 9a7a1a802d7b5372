package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/admin"
)

func eventFlags(fs *pflag.FlagSet) {
	fs.BoolP("follow", "f", false, "keep printing new ones, also through an upgrade")
	fs.Duration("since", 0, "only those of the last 10m, say")
	fs.String("level", "info", "lowest level to print: debug, info, warn, error")
}

// eventPrinter prints each event once: an event is new if it is later than all
// others of its generation so far. Ids cannot decide: two generations overlap, and
// a process that was started afresh begins with small ids again.
type eventPrinter struct {
	*call
	levels []string // to print
	since  time.Time
	shown  map[int]time.Time // the last one of each generation
	seen   uint64
}

// events prints the journal of all generations.
func events(c *call) int {
	follow, _ := c.flags.GetBool("follow")
	level, _ := c.flags.GetString("level")
	levels := []string{"debug", "info", "warn", "error"}
	rank := slices.Index(levels, level)
	if rank < 0 {
		return c.misused(fmt.Errorf("unknown level %q: use %s", level, strings.Join(levels, ", ")), "events")
	}
	p := &eventPrinter{call: c, levels: levels[rank:], shown: map[int]time.Time{}}
	if since, _ := c.flags.GetDuration("since"); since > 0 {
		p.since = time.Now().Add(-since)
	}
	client, code := c.client()
	for client != nil {
		var all []admin.Event
		if err := client.Get(c.ctx, "/v1/journal", &all); err != nil {
			return c.failed(err)
		}
		p.printAll(all, follow)
		if !follow {
			return exitDone
		}
		err := client.Follow(c.ctx, p.seen, p.message)
		if c.ctx.Err() != nil {
			err = context.Cause(c.ctx)
		}
		if err != nil {
			return c.failed(err)
		}
		client, code = c.client() // the process that has taken over
	}
	return code
}

// printAll prints a list. With lines, every event is one line of JSON, as with
// --follow.
func (p *eventPrinter) printAll(all []admin.Event, lines bool) {
	wanted := []admin.Event{}
	p.seen = 0
	for _, e := range all {
		p.seen = max(p.seen, e.ID)
		if p.wants(e) {
			wanted = append(wanted, e)
		}
	}
	if p.json && !lines {
		p.writeJSON(wanted)
		return
	}
	for _, e := range wanted {
		p.print(e)
	}
}

func (p *eventPrinter) wants(e admin.Event) bool {
	return e.At.After(p.since) && e.At.After(p.shown[e.Generation]) && slices.Contains(p.levels, e.Level)
}

// message handles one message of the stream. It reports whether to go on.
func (p *eventPrinter) message(kind string, data []byte) bool {
	var e admin.Event
	if kind == "event" && json.Unmarshal(data, &e) == nil {
		p.seen = max(p.seen, e.ID)
		if p.wants(e) {
			p.print(e)
		}
	}
	return true
}

func (p *eventPrinter) print(e admin.Event) {
	if e.At.After(p.shown[e.Generation]) {
		p.shown[e.Generation] = e.At
	}
	if !p.json {
		fmt.Fprintln(p.stdout, sanitize(eventLine(e)))
	} else if b, err := json.Marshal(e); err == nil {
		fmt.Fprintln(p.stdout, string(b))
	}
}

func eventLine(e admin.Event) string {
	line := fmt.Sprintf("%s  %d  %-5s  %s", e.At.Local().Format("2006-01-02 15:04:05.000"), e.Generation, e.Level, e.Text)
	if e.Error != "" && !strings.Contains(e.Text, e.Error) {
		line += ": " + e.Error
	}
	for _, k := range slices.Sorted(maps.Keys(e.Attrs)) {
		line += "  " + k + "=" + e.Attrs[k]
	}
	return strings.ReplaceAll(line, "\n", "; ")
}
