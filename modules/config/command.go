package config

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/gracefulfx/graceful/app"
)

// commands carries out app.Reload.
type commands struct {
	store   *Store
	app     *app.App
	restart *restarter // nil unless the policy is Restart
}

// commitStep is the step of a stop that waits for a Commit.
const commitStep = "commit of new settings"

// register makes c the handler of its commands.
func (c *commands) register() {
	c.store.commits.onStuck = c.noteStuck
	c.app.Handle(app.Reload, c.reload, app.About("read the configuration again",
		app.Arg{Name: "dry_run", Text: "true: only say what would change"},
		app.Arg{Name: "if_match", Text: "only if the configuration in force has this hash"}))
	c.app.Wiring().SetRefusalDetail(app.Reload, c.reportRefused)
	c.app.At(app.Tasks, commitStep, c.store.commits.await)
}

// reload answers a request to read the configuration again. Its arguments:
//
//	dry_run   "true": read and check, and say what would change
//	if_match  do it only if this is the hash of the configuration in force
func (c *commands) reload(ctx context.Context, r app.Request) (app.Answer, error) {
	var report Report
	switch want := r.Args["if_match"]; {
	case want != "" && want != c.store.Snapshot().Hash():
		err := fmt.Errorf("the configuration in force is not %s but %s: read it again before changing it", want, c.store.Snapshot().Hash())
		return app.Answer{Outcome: app.OutcomeRefused, Text: err.Error()}, err
	case r.Args["dry_run"] == "true":
		report = c.store.DryRun(ctx, r.By)
	default:
		report = c.store.Reload(ctx, r.By)
	}
	c.noteDetails(report)
	return app.Answer{Outcome: outcome(report), Text: report.Text(), Detail: report}, report.Err()
}

// reportRefused makes the report of a reload that was refused before it reached the
// store. It is counted but not recorded: the last report remains that of the last
// reload that was tried.
func (c *commands) reportRefused(r app.Request, why error) any {
	report := c.store.refusal(r.By, why)
	if report.DryRun = r.Args["dry_run"] == "true"; !report.DryRun {
		c.store.mu.Lock()
		defer c.store.mu.Unlock()
		c.store.counts.add(report)
	}
	return report
}

func outcome(r Report) app.Outcome {
	switch {
	case r.Result == Refused:
		return app.OutcomeRefused
	case r.Err() != nil:
		return app.OutcomeFailed
	case len(r.PendingRestart) > 0:
		return app.OutcomePending
	case r.Result == Unchanged:
		return app.OutcomeUnchanged
	}
	return app.OutcomeDone
}

// noteDetails notes what does not fit into the single line of the answer.
func (c *commands) noteDetails(r Report) {
	if len(r.Problems) > 1 {
		for _, p := range r.Problems {
			c.app.Note(app.Note{Level: slog.LevelWarn, Text: "configuration problem", Attrs: []slog.Attr{slog.String("problem", p.String())}})
		}
	}
	for i, name := range r.Degraded {
		c.app.Note(app.Note{Level: slog.LevelError, Text: "a part of the program panicked while it took over new settings; restart the process",
			Err: r.panics[i], Attrs: []slog.Attr{slog.String("subscriber", name)}})
	}
	if c.restart != nil && !r.DryRun && r.Err() == nil && len(r.PendingRestart) > 0 {
		c.restart.request()
	}
}

// watch reloads when the files change. It waits until commands are answered.
func (c *commands) watch(ctx context.Context) error {
	watching := untilDraining(ctx) // a stop may come while the process starts
	select {
	case <-c.app.Ready():
	case <-watching.Done():
		return nil
	}
	w := &Watcher{
		Store:   c.store,
		Changed: c.filesChanged,
		Warn: func(text string, err error) {
			n := app.Note{Level: slog.LevelInfo, Text: "configuration " + text, Err: err}
			if err != nil {
				n.Level = slog.LevelWarn
			}
			c.app.Note(n)
		},
	}
	return w.Run(watching)
}

// untilDraining ends the watch when a stop begins: nothing is reloaded after that,
// and the kernel takes more than 10 ms to close the watch, for which no later phase
// should wait.
func untilDraining(ctx context.Context) context.Context {
	watching, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-app.Draining(ctx):
		case <-ctx.Done():
		}
	}()
	return watching
}

// filesChanged requests a reload. When the process stops, it waits for a running
// Commit, CommitTimeout at most; the step commitStep names its subscriber.
func (c *commands) filesChanged(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.app.Do(ctx, app.Request{Command: app.Reload, By: "file change"}) // the answer is an event
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-c.store.commits.late():
	}
}

// noteStuck notes that a Commit does not return.
func (c *commands) noteStuck(err error) {
	c.app.Note(app.Note{Level: slog.LevelWarn, Text: "a part of the program is stuck taking over new settings", Err: err})
}
