package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/admin"
)

func status(c *call) int {
	watch, _ := c.flags.GetBool("watch")
	client, code := c.client()
	if client == nil {
		return code
	}
	if watch {
		return c.watch(client)
	}
	var st admin.Status
	if err := client.Get(c.ctx, "/v1/status", &st); err != nil {
		return c.failed(err)
	}
	if c.json {
		c.writeJSON(st)
		return exitDone
	}
	c.table(statusRows(st, time.Now()))
	return exitDone
}

// watch shows each new status, and that of the successor when one has taken over.
// It ends when no process answers.
func (c *call) watch(client *admin.Client) int {
	width, terminal := columns(c.stdout)
	last := ""
	for {
		err := client.Follow(c.ctx, math.MaxUint64, func(kind string, data []byte) bool {
			var st admin.Status
			if kind != "status" || json.Unmarshal(data, &st) != nil {
				return true
			}
			line := statusLine(st)
			switch {
			case c.json:
				fmt.Fprintln(c.stdout, string(data))
			case terminal:
				var text strings.Builder
				table(&text, statusRows(st, time.Now()), width)
				fmt.Fprint(c.stdout, "\033[H\033[2J")
				for line := range strings.Lines(text.String()) {
					fmt.Fprintln(c.stdout, fit(strings.TrimSuffix(line, "\n"), width))
				}
			case line != last:
				fmt.Fprintln(c.stdout, line)
			}
			last = line
			return true
		})
		if err != nil {
			return c.failed(err)
		}
		conf, err := c.adminConfig()
		if err != nil {
			return c.failed(err)
		}
		if client, err = c.find(c.ctx, conf); err != nil {
			return c.failed(err)
		}
	}
}

// statusLine returns a status as one line.
func statusLine(st admin.Status) string {
	line := fmt.Sprintf("%s %s, generation %d, pid %d, configuration revision %d", st.App, st.State, st.Generation, st.PID, st.Settings.Revision)
	if st.Readiness.Text != "" && st.Readiness.Text != st.State {
		line += ": " + strings.ReplaceAll(st.Readiness.Text, "\n", "; ")
	}
	return sanitize(line)
}

func statusRows(st admin.Status, now time.Time) [][]string {
	ready := "yes"
	if !st.Readiness.Ready {
		ready = "no: " + strings.ReplaceAll(st.Readiness.Text, "\n", "; ")
	}
	rows := [][]string{
		{st.App, fmt.Sprintf("%s, generation %d, pid %d, up %s", st.State, st.Generation, st.PID, span(st.Uptime))},
		{"ready", ready},
	}
	add := func(name, text string) { rows = append(rows, []string{name, text}) }
	if v := buildText(st.Build); v != "" {
		add("build", v)
	}
	if st.Process.Executable != "" {
		add("process", fmt.Sprintf("%s in %s, as %s", st.Process.Executable, st.Process.Dir, st.Process.User))
	}
	for _, a := range st.Addresses {
		add("listening", a.Server+" on "+a.Addr)
	}
	if t := trafficOf(st); t != "" {
		add("connections", t)
	}
	for _, text := range outputTexts(st) {
		add("output", text)
	}
	for _, w := range st.Waiting {
		add("waiting", fmt.Sprintf("%s %s, %s", w.Phase, w.Name, span(w.For)))
	}
	if op := st.Operation; op != nil {
		text := fmt.Sprintf("%s, asked for by %s, %s", op.Kind, op.By, span(now.Sub(op.Began)))
		if op.Progress != "" {
			text += ": " + op.Progress
		}
		add("running", text)
	}
	if st.Stop != nil && !st.Stop.Deadline.IsZero() {
		text := fmt.Sprintf("must be over in %s", span(max(0, st.Stop.Deadline.Sub(now))))
		if !st.Stop.Requests.IsZero() {
			text += fmt.Sprintf("; requests get %s more", span(max(0, st.Stop.Requests.Sub(now))))
		}
		add("stop", text)
	}
	add("config", settingsText(st.Settings))
	if r := st.Settings.Rejected; r != nil {
		add("", "on disk: "+r.Text())
	}
	for _, p := range st.Settings.Pending {
		add("pending", p.String()+", after a restart")
	}
	for _, u := range st.Upgrades {
		name := "last upgrade"
		if u.Error != "" {
			name = "failed upgrade"
		}
		add(name, u.String())
	}
	for _, a := range st.Answers[max(0, len(st.Answers)-3):] {
		add("answer", fmt.Sprintf("%s ago %s %s, by %s: %s", span(now.Sub(a.At)), a.Command, a.Outcome, a.By, a.Text))
	}
	for _, r := range rows {
		r[0], r[1] = sanitize(r[0]), sanitize(strings.ReplaceAll(r[1], "\n", " "))
	}
	return rows
}

// outputTexts returns lines about output that is lost.
func outputTexts(st admin.Status) (texts []string) {
	for _, m := range st.Metrics {
		switch {
		case m.Value == 0:
		case m.Name == "output_broken":
			texts = append(texts, label(m, "stream")+" has no reader any more")
		case m.Name == "log_lines_lost_total":
			texts = append(texts, fmt.Sprintf("%.0f lines of the log are lost", m.Value))
		}
	}
	return texts
}

func settingsText(s admin.Settings) string {
	text := fmt.Sprintf("revision %d, %.8s, ", s.Revision, s.Hash)
	if len(s.Files) == 0 {
		text += "no file"
	} else {
		text += strings.Join(s.Files, ", ")
	}
	if s.Drift {
		text += "; what is on disk is not in force"
	}
	return text
}

func buildText(b admin.Build) string {
	parts := []string{}
	if b.Version != "" && b.Version != "(devel)" {
		parts = append(parts, b.Version)
	}
	if b.Revision != "" {
		rev := fmt.Sprintf("%.12s", b.Revision)
		if b.Modified {
			rev += " and changes"
		}
		parts = append(parts, rev)
	}
	return strings.Join(append(parts, b.Go), ", ")
}
