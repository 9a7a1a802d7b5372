package admin

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// This file converts the types of package app to those of the JSON.

func reasonOf(r *app.Reason) *Reason {
	if r == nil {
		return nil
	}
	w := &Reason{Kind: r.Kind.String(), By: r.By, Text: r.Text, Error: errText(r.Err), Code: r.Code, At: r.At}
	if r.Signal != nil {
		w.Signal = app.SignalName(r.Signal)
	}
	return w
}

func stepOf(s app.Step) *Step {
	return &Step{
		Way: s.Way, Phase: s.Phase.String(), Name: s.Name, Source: s.Source, Began: s.Began, Took: s.Took,
		Outcome: s.Outcome, Error: errText(s.Err), Stack: s.Stack, Slow: s.Slow, Counts: s.Counts,
	}
}

func answerOf(ans app.Answer, at time.Time) *Answer {
	return &Answer{At: at, Command: ans.Command, By: ans.By, Outcome: ans.Outcome, Text: ans.Text, Detail: detail(ans.Detail), Took: ans.Took}
}

// detail returns a handler's detail as JSON; a value that cannot be JSON is left
// out.
func detail(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// eventOf returns false for an event that is not worth a line.
func eventOf(e app.Event, now time.Time) (w Event, ok bool) {
	w = Event{At: now, Level: "info"}
	switch e := e.(type) {
	case app.StateChanged:
		w.Kind, w.State, w.Text = "state", e.To.String(), fmt.Sprintf("%v → %v", e.From, e.To)
	case app.StopRequested:
		w.Kind, w.Reason, w.Text = "stop", reasonOf(e.Reason), "stop: "+e.Reason.Error()
		if !e.First {
			w.Text = "stop requested again: " + e.Reason.Error()
		}
		if e.Reason.Kind >= app.StartFailed {
			w.Level = "error"
		}
	case app.StepEnded:
		w.Kind, w.Step = "step", stepOf(e.Step)
		w.Level, w.Text = "debug", fmt.Sprintf("%s %v %s %s in %v", e.Step.Way, e.Step.Phase, e.Step.Name, e.Step.Outcome, e.Step.Took.Round(time.Microsecond))
		if e.Step.Outcome != app.OutcomeDone {
			w.Level, w.Error = "error", errText(e.Step.Err)
		}
	case app.CommandBegan:
		w.Kind, w.Level, w.Text = "command", "debug", fmt.Sprintf("%s begins, asked for by %s", e.Request.Command, e.Request.By)
	case app.CommandEnded:
		w.Kind, w.Answer, w.Text = "command", answerOf(e.Answer, now), fmt.Sprintf("%s %s: %s", e.Answer.Command, e.Answer.Outcome, e.Answer.Text)
		if e.Err != nil || e.Answer.Outcome == app.OutcomePending {
			w.Level = "warn"
		}
	case app.SuccessorCommitted:
		w.Kind, w.Text = "successor", fmt.Sprintf("process %d has taken over", e.PID)
	case app.TaskEnded:
		w.Kind, w.Level, w.Text, w.Error = "task", "debug", "task "+e.Name+" is done", errText(e.Err)
		if e.Err != nil {
			w.Level, w.Text = "warn", "task "+e.Name+" failed"
		}
	case app.Noted:
		w.Kind, w.Level, w.Text, w.Error = "note", levelName(e.Note.Level), e.Note.Text, errText(e.Note.Err)
		w.Attrs = attrs(e.Note.Attrs)
		if e.Note.Level < slog.LevelInfo {
			return w, false
		}
	case app.Warned:
		w.Kind, w.Level, w.Text, w.Error = "warning", "warn", e.Text, errText(e.Err)
	default:
		return w, false
	}
	return w, true
}

// attrs become text here, by LogValue and Format, which keep a secret secret.
func attrs(list []slog.Attr) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := map[string]string{}
	for _, a := range list {
		if v := a.Value.Resolve(); a.Key != "" {
			m[a.Key] = v.String()
		}
	}
	return m
}

func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warn"
	case l >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimSpace(err.Error())
}

// reportOf returns the report so far. This server is the last part to stop, so
// everything else is known, and the exit code follows from it.
func reportOf(r app.Report, now time.Time) Report {
	for _, s := range r.Steps {
		if s.Way == "down" && s.Outcome != app.OutcomeDone {
			r.Code = max(r.Code, 1)
		}
	}
	if r.Reason != nil {
		r.Code = max(r.Code, r.Reason.Code)
		if r.Down == 0 {
			r.Down = now.Sub(r.Reason.At)
		}
	}
	w := Report{Schema: Schema, App: r.App, State: r.State.String(), Code: r.Code, Text: r.String(), Reason: reasonOf(r.Reason), Up: r.Up, Down: r.Down, Steps: []Step{}}
	if r.Reason == nil {
		w.Text = fmt.Sprintf("%s, started in %v", r.State, r.Up.Round(time.Millisecond))
	}
	for _, also := range r.Also {
		w.Also = append(w.Also, reasonOf(also))
	}
	for _, s := range r.Steps {
		w.Steps = append(w.Steps, *stepOf(s))
	}
	return w
}
