package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/config"
)

// operation returns a command that posts to path without a body.
func operation(path string) func(*call) int {
	return func(c *call) int {
		_, code := c.operate(path, struct{}{})
		return code
	}
}

// operate asks for an operation, shows what it waits for, and prints the outcome.
func (c *call) operate(path string, body any) (admin.Operation, int) {
	var op admin.Operation
	client, code := c.client()
	if client == nil {
		return op, code
	}
	return c.operateWith(client, path, body)
}

func (c *call) operateWith(client *admin.Client, path string, body any) (op admin.Operation, code int) {
	end := c.showProgress(client)
	c.asked = true
	_, err := client.Post(c.ctx, path, body, &op)
	end()
	if err != nil {
		return op, c.failed(err)
	}
	c.printOutcome(op)
	return op, codeOf(op.Outcome)
}

func codeOf(o app.Outcome) int {
	switch o {
	case app.OutcomeDone, app.OutcomeUnchanged:
		return exitDone
	case app.OutcomePending:
		return exitPending
	}
	return exitRefused
}

// printOutcome writes the outcome of an operation.
func (c *call) printOutcome(op admin.Operation) {
	if c.json {
		c.writeJSON(op)
		return
	}
	out := c.stdout
	if codeOf(op.Outcome) == exitRefused {
		out = c.stderr
	}
	line := fmt.Sprintf("%s %s", op.Kind, op.Outcome)
	if text := strings.TrimPrefix(strings.TrimPrefix(op.Text, string(op.Outcome)), ": "); text != "" {
		line += ": " + text
	}
	fmt.Fprintln(out, sanitize(line))
	var report config.Report
	if op.Kind == string(app.Reload) && json.Unmarshal(op.Detail, &report) == nil {
		c.printDetails(report)
	}
}

// printDetails writes the parts of a report that its line does not have.
func (c *call) printDetails(r config.Report) {
	if len(r.Problems) > 1 { // a single one is in the line already
		for _, p := range r.Problems {
			fmt.Fprintln(c.stderr, "  "+sanitize(p.String()))
		}
	}
	if r.Err() != nil {
		return
	}
	for _, ch := range r.Changed {
		fmt.Fprintf(c.stdout, "  %s  (%s)\n", sanitize(ch.String()), sanitize(ch.Source))
	}
	for _, ch := range r.PendingRestart {
		fmt.Fprintf(c.stdout, "  %s  (%s), after a restart\n", sanitize(ch.String()), sanitize(ch.Source))
	}
}

func reload(c *call) int {
	dry, _ := c.flags.GetBool("dry-run")
	match, _ := c.flags.GetString("if-match")
	if !dry {
		_, code := c.operate("/v1/reload", map[string]any{"if_match": match})
		return code
	}
	client, code := c.client()
	if client == nil {
		return code
	}
	var r config.Report
	if _, err := client.Post(c.ctx, "/v1/check", struct{}{}, &r); err != nil {
		return c.failed(err)
	}
	return c.printDiff(r)
}

// printDiff writes what a reload would do.
func (c *call) printDiff(r config.Report) int {
	code := exitDone
	switch {
	case r.Result != config.Applied && r.Result != config.Unchanged:
		code = exitRefused
	case len(r.PendingRestart) > 0:
		code = exitPending
	}
	if c.json {
		c.writeJSON(r)
		return code
	}
	out := c.stdout
	if code == exitRefused {
		out = c.stderr
	}
	fmt.Fprintln(out, sanitize(r.Text()))
	c.printDetails(r)
	return code
}

func stop(c *call) int {
	now, _ := c.flags.GetBool("now")
	var before admin.Status
	if client, code := c.client(); client == nil {
		return code
	} else if err := client.Get(c.ctx, "/v1/status", &before); err != nil {
		return c.failed(err)
	}
	_, code := c.operate("/v1/stop", map[string]bool{"now": now})
	if code != exitDone && code != exitRefused {
		return code
	}
	// After the answer only the exit of the process is left.
	ctx, cancel := context.WithTimeout(c.ctx, 2*time.Second)
	defer cancel()
	for alive(before.PID) && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
	}
	return code
}

func logLevel(c *call) int {
	body := map[string]string{}
	if len(c.args) == 1 {
		body["level"] = c.args[0]
	}
	_, code := c.operate("/v1/log-level", body)
	return code
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
