package logging

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gracefulfx/graceful/app"
)

// line is an entry as text: level, message, fields by key.
func line(e observer.LoggedEntry) string {
	s := e.Level.String() + " " + e.Message
	m := e.ContextMap()
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		s += fmt.Sprintf(" %s=%v", k, m[k])
	}
	return s
}

func TestRenderOneLineForEachEvent(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	sigterm := &app.Reason{Kind: app.Signalled, Signal: os.Interrupt, By: "SIGINT"}
	step := app.Step{Way: "down", Phase: app.Drain, Name: "http", Source: "todo/http.go:7", Took: time.Second, Outcome: app.OutcomeDone}
	with := func(change func(*app.Step)) app.StepEnded {
		s := step
		change(&s)
		return app.StepEnded{Step: s}
	}
	for _, c := range []struct {
		name  string
		event app.Event
		want  string
		stack string
	}{
		{"state", app.StateChanged{From: app.StateNew, To: app.StateStarting}, "debug state from=new to=starting", ""},
		{"signal", app.StopRequested{Reason: sigterm, First: true}, "info stopping by=SIGINT hint=again to hurry, a third time to exit at once reason=signal", ""},
		{"signal again", app.StopRequested{Reason: sigterm}, "debug stop requested again by=SIGINT reason=signal", ""},
		{"call", app.StopRequested{Reason: &app.Reason{Kind: app.Requested, By: "admin", Text: "tired"}, First: true}, "info stopping by=admin reason=requested text=tired", ""},
		{"failure", app.StopRequested{Reason: &app.Reason{Kind: app.TaskFailed, By: "task x", Err: broken}, First: true}, "error stopping by=task x error=broken reason=task failed", ""},
		{"failure while stopping", app.StopRequested{Reason: &app.Reason{Kind: app.ServeFailed, By: "http", Err: broken}}, "warn stop requested again by=http error=broken reason=serve failed", ""},
		{"step", app.StepEnded{Step: step}, "debug step phase=drain source=todo/http.go:7 step=http took=1s way=down", ""},
		{"slow step", with(func(s *app.Step) { s.Slow = true; s.Counts = map[string]int64{"drained": 3} }),
			"warn step was slow drained=3 phase=drain source=todo/http.go:7 step=http took=1s way=down", ""},
		{"failed step", with(func(s *app.Step) { s.Outcome, s.Err, s.Source = app.OutcomeFailed, broken, "" }),
			"error step failed error=broken phase=drain step=http took=1s way=down", ""},
		{"abandoned step", with(func(s *app.Step) { s.Outcome, s.Err, s.Stack = app.OutcomeAbandoned, broken, "goroutine 7" }),
			"error step abandoned error=broken phase=drain source=todo/http.go:7 step=http took=1s way=down", "goroutine 7"},
		{"reload", app.CommandEnded{Answer: app.Answer{Command: app.Reload, By: "SIGHUP", Outcome: app.OutcomeDone, Text: "1 field changed", Took: time.Second}},
			"info reload done by=SIGHUP text=1 field changed took=1s", ""},
		{"nothing to reload", app.CommandEnded{Answer: app.Answer{Command: app.Reload, By: "file", Outcome: app.OutcomeUnchanged}}, "info reload unchanged by=file text= took=0s", ""},
		{"restart needed", app.CommandEnded{Answer: app.Answer{Command: app.Reload, Outcome: app.OutcomePending, Text: "restart"}}, "warn reload pending by= text=restart took=0s", ""},
		{"refused", app.CommandEnded{Answer: app.Answer{Command: app.Upgrade, By: "SIGUSR2", Outcome: app.OutcomeRefused, Text: "no"}, Err: errors.New("no\nno")},
			"warn upgrade refused by=SIGUSR2 text=no took=0s", ""},
		{"task done", app.TaskEnded{Name: "mailer", RestartIn: -1}, "debug task done task=mailer", ""},
		{"task restarts", app.TaskEnded{Name: "mailer", Err: broken, Failures: 2, RestartIn: time.Second}, "warn task failed and will be restarted error=broken failures=2 in=1s task=mailer", ""},
		{"task dead", app.TaskEnded{Name: "mailer", Err: broken, RestartIn: -1}, "error task failed error=broken task=mailer", ""},
		{"note", app.Noted{Note: app.Note{Level: slog.LevelWarn, Text: "hello", Err: broken, Attrs: []slog.Attr{slog.Int("n", 1), {}}}}, "warn hello error=broken n=1", ""},
		{"warning", app.Warned{Text: "settings", Err: broken}, "warn settings error=broken", ""},
		{"end", app.Ended{Report: app.Report{State: app.StateStopped, Reason: sigterm, Steps: []app.Step{{Outcome: app.OutcomeDone, Counts: map[string]int64{"drained": 2, "cut": 0}}}}},
			"info stopped (SIGINT) in 0s, drained 2; exit code 0 code=0 drained=2 took=0s", ""},
		{"bad end", app.Ended{Report: app.Report{State: app.StateFailed, Code: 1, Reason: &app.Reason{Kind: app.StartFailed, By: "start", Err: broken}}},
			"error failed (start: broken) in 0s; exit code 1 code=1 took=0s", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zapcore.DebugLevel)
			log := zap.New(core, zap.AddCaller(), zap.AddStacktrace(zapcore.DebugLevel))
			newRenderer(app.New("test"), log).event(c.event)
			all := logs.All()
			if len(all) != 1 {
				t.Fatalf("got %d lines, want 1", len(all))
			}
			if got := line(all[0]); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := all[0].Stack; got != c.stack {
				t.Errorf("stack: got %q, want %q", got, c.stack)
			}
			if all[0].Caller.Defined {
				t.Errorf("caller: got %v, want none", all[0].Caller)
			}
		})
	}
}

// A panic that is logged without its stack cannot be found.
func TestPanicsAreReportedWithTheirStack(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	a := app.New("test")
	Render(a, zap.New(core))
	a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) { panic("in a command") })
	ended := make(chan struct{}, 1)
	a.Observe(func(e app.Event) {
		if _, ok := e.(app.TaskEnded); ok {
			ended <- struct{}{}
		}
	})
	a.Go("panics", func(context.Context) error { panic("in a task") }, app.Optional())
	a.Go("panics at the end", func(ctx context.Context) error { <-ctx.Done(); panic("in a stop") })
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ended
	if _, err := a.Do(t.Context(), app.Request{Command: app.Reload}); err == nil {
		t.Error("a command that panics has succeeded")
	}
	a.Stop(app.Reason{Kind: app.Requested})
	<-a.Done()
	for _, text := range []string{"task failed", "reload failed", "step failed"} {
		told := logs.FilterMessage(text).All()
		if len(told) != 1 || !strings.Contains(told[0].Stack, "render_test.go") {
			t.Errorf("%s: got %v, want one line with the stack", text, told)
		}
	}
}

func TestRenderALife(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.InfoLevel)
	a := app.New("test")
	Render(a, zap.New(core))
	a.Add(app.Hook{Name: "slow", OnStart: func(ctx context.Context) error {
		a.Stop(app.Reason{Kind: app.Signalled, Signal: os.Interrupt})
		<-ctx.Done()
		return ctx.Err()
	}})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-a.Done()
	var got []string
	for _, e := range logs.All() {
		got = append(got, e.Level.String()+" "+e.Message)
	}
	// Nothing failed: the hook returned because its context was cancelled.
	if len(got) != 2 || got[0] != "info stopping" || !strings.HasPrefix(got[1], "info stopped (SIGINT)") {
		t.Errorf("got %q, want stopping and stopped, no errors", got)
	}
}

type cannot struct {
	buffer
	err error
}

func (c *cannot) Sync() error { return c.err }

func TestRenderFlushesAtTheEnd(t *testing.T) {
	t.Parallel()
	pipeR, pipeW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipeR.Close()
	notSyncable := pipeW.Sync()
	pipeW.Close()
	closed := pipeW.Sync()
	for _, c := range []struct {
		name string
		err  error
		told bool
	}{
		{"flushed", nil, false},
		{"a pipe", notSyncable, false},
		{"a full disk", errors.New("no space left on device"), true},
		{"closed", closed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &cannot{err: c.err}
			log, _ := New(Defaults(), Sink{W: w})
			a := app.New("test")
			Render(a, log)
			a.Stop(app.Reason{})
			<-a.Done()
			if got := strings.Contains(w.String(), "flush the log"); got != c.told {
				t.Errorf("told: got %v, want %v, in %s", got, c.told, w)
			}
		})
	}
}

// Optional tasks may fail for as long as the process runs.
func TestCausesDoNotGrowWithEveryFailure(t *testing.T) {
	t.Parallel()
	core, _ := observer.New(zapcore.ErrorLevel)
	r := newRenderer(app.New("shop"), zap.New(core))
	var last error
	for i := range 1000 {
		last = fmt.Errorf("failure %d", i)
		r.event(app.TaskEnded{Name: "mail", Err: last, RestartIn: -1})
	}
	if len(r.causes) > causesKept || !r.written(&app.Reason{Kind: app.TaskFailed, Err: last}) {
		t.Errorf("got %d causes, want the latest", len(r.causes))
	}
}

// The line of the step or task that failed has the cause; later lines only name
// that step or task.
func TestCauseOfAFailureIsWrittenOnce(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]func(*app.App){
		"start": func(a *app.App) {
			a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error { return errors.New("no connection") }})
		},
		"task": func(a *app.App) {
			a.Go("mailer", func(context.Context) error { return errors.New("no connection") })
		},
	} {
		core, logs := observer.New(zapcore.InfoLevel)
		a := app.New("shop")
		a.Observe(newRenderer(a, zap.New(core)).event)
		wire(a)
		_ = a.Start(t.Context())
		<-a.Done()
		var with, without []string
		for _, e := range logs.All() {
			if l := line(e); strings.Contains(l, "no connection") {
				with = append(with, l)
			} else {
				without = append(without, l)
			}
		}
		if len(with) != 1 || len(without) < 2 || !strings.Contains(without[len(without)-1], "failed ("+map[string]string{"start": "start", "task": "task mailer"}[name]+")") {
			t.Errorf("%s: got the cause in %q, and not in %q", name, with, without)
		}
	}
}

func TestFailureIsReportedEvenWhenLogsAreOff(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{true, false} {
		a := app.New("shop")
		r := newRenderer(a, zap.NewNop())
		var stderr strings.Builder
		r.stderr = &stderr
		a.Observe(r.event)
		a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error {
			if fails {
				return errors.New("no connection")
			}
			return nil
		}})
		_ = a.Start(t.Context())
		a.Stop(app.Reason{Kind: app.Requested})
		<-a.Done()
		if got := stderr.String(); strings.Contains(got, "shop: failed (start: db") != fails || strings.Contains(got, "no connection") != fails {
			t.Errorf("fails %v: %q", fails, got)
		}
	}
}
