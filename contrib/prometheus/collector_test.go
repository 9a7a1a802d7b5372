package prometheus_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/prometheus"
)

// expect compares the metrics of the given names with their exposition.
func expect(t *testing.T, r client.Gatherer, want string, names ...string) {
	t.Helper()
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestWhatHappensIsCounted(t *testing.T) {
	a := app.New("todo")
	a.Handle(app.Upgrade, func(context.Context, app.Request) (app.Answer, error) {
		return app.Answer{}, errors.New("the new program does not start")
	})
	r := client.NewRegistry()
	r.MustRegister(prometheus.NewCollector(a, nil, ""))
	expect(t, r, `
# HELP graceful_upgrades_total Upgrades by result.
# TYPE graceful_upgrades_total counter
graceful_upgrades_total{result="ok"} 0
graceful_upgrades_total{result="failed"} 0
graceful_upgrades_total{result="refused"} 0
graceful_upgrades_total{result="rolled_back"} 0
`, "graceful_upgrades_total")

	a.At(app.Unbind, "door", func(ctx context.Context) error { app.Count(ctx, "cut", 2); return nil })
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _ = a.Do(t.Context(), app.Request{Command: app.Upgrade})
	for _, c := range []app.Command{"dance", "sing"} {
		_, _ = a.Do(t.Context(), app.Request{Command: c})
	}
	a.Note(app.Note{Level: slog.LevelWarn, Text: "look"})
	expect(t, r, `
# HELP graceful_commands_total Commands by outcome.
# TYPE graceful_commands_total counter
graceful_commands_total{command="unhandled",outcome="refused"} 2
graceful_commands_total{command="upgrade",outcome="failed"} 1
# HELP graceful_generation Processes that passed their sockets on to one another, this one included.
# TYPE graceful_generation gauge
graceful_generation 1
# HELP graceful_notes_total Lines for people by level.
# TYPE graceful_notes_total counter
graceful_notes_total{level="debug"} 0
graceful_notes_total{level="error"} 0
graceful_notes_total{level="info"} 0
graceful_notes_total{level="warn"} 1
# HELP graceful_ready 1 if the process should get requests.
# TYPE graceful_ready gauge
graceful_ready 1
# HELP graceful_state 1 for the state of the process.
# TYPE graceful_state gauge
graceful_state{state="draining"} 0
graceful_state{state="failed"} 0
graceful_state{state="new"} 0
graceful_state{state="ready"} 1
graceful_state{state="starting"} 0
graceful_state{state="stopped"} 0
graceful_state{state="stopping"} 0
# HELP graceful_upgrades_total Upgrades by result.
# TYPE graceful_upgrades_total counter
graceful_upgrades_total{result="ok"} 0
graceful_upgrades_total{result="failed"} 1
graceful_upgrades_total{result="refused"} 0
graceful_upgrades_total{result="rolled_back"} 0
`, "graceful_commands_total", "graceful_generation", "graceful_notes_total", "graceful_ready", "graceful_state", "graceful_upgrades_total")

	a.Stop(app.Reason{Kind: app.Requested})
	if _, err := a.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, r, `
# HELP graceful_stop_results What functions of the stop counted.
# TYPE graceful_stop_results gauge
graceful_stop_results{result="cut",step="door"} 2
`, "graceful_stop_results")
}

func TestATaskThatDiesAndComesBack(t *testing.T) {
	a, ended := app.New("todo"), make(chan struct{})
	runs := 0
	a.Go("mailer", func(ctx context.Context) error {
		if runs++; runs < 3 {
			return errors.New("no route to host")
		}
		close(ended)
		<-ctx.Done()
		return nil
	}, app.Restart(app.Backoff{}))
	r := client.NewRegistry()
	r.MustRegister(prometheus.NewCollector(a, nil, "shop"))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ended
	expect(t, r, `
# HELP shop_task_failures_total Deaths of background tasks.
# TYPE shop_task_failures_total counter
shop_task_failures_total{task="mailer"} 2
# HELP shop_task_restarts_total Background tasks that were started again.
# TYPE shop_task_restarts_total counter
shop_task_restarts_total{task="mailer"} 2
`, "shop_task_failures_total", "shop_task_restarts_total")
	a.Stop(app.Reason{Kind: app.Requested})
	<-a.Done()
}

// A mistake of one part does not hide the metrics of another.
func TestMetricsThatPrometheusWouldNotTakeAreLeftOut(t *testing.T) {
	a := app.New("todo")
	a.Wiring().AddMetrics(func() []app.Metric {
		return []app.Metric{
			{Name: "queue_length", Help: "Waiting.", Labels: []string{"queue", "mail"}, Value: 1},
			{Name: "queue_length", Help: "In other words.", Labels: []string{"queue", "\xff"}, Value: 2},
			{Name: "queue_length", Help: "Waiting.", Labels: []string{"queue", "mail"}, Value: 3},  // twice
			{Name: "queue_length", Help: "Waiting.", Labels: []string{"queue", "x"}, Total: true},  // a counter now
			{Name: "queue_length", Help: "Waiting.", Labels: []string{"queue"}},                    // no value
			{Name: "queue_length", Help: "Waiting.", Labels: []string{"queue", "a", "queue", "b"}}, // one label twice
		}
	})
	a.Wiring().AddMetrics(func() []app.Metric { panic("a bug") })
	r := client.NewPedanticRegistry()
	r.MustRegister(prometheus.NewCollector(a, nil, "todo_"))
	expect(t, r, `
# HELP todo_metrics_rejected Metrics that were left out of this scrape.
# TYPE todo_metrics_rejected gauge
todo_metrics_rejected 4
# HELP todo_queue_length Waiting.
# TYPE todo_queue_length gauge
todo_queue_length{queue="mail"} 1
todo_queue_length{queue="?"} 2
`, "todo_queue_length", "todo_metrics_rejected")
}

func TestHooksOfOneNameAreAddedUp(t *testing.T) {
	a := app.New("todo")
	for range 2 {
		a.Add(app.Hook{Name: "db\xff", OnStart: func(context.Context) error { return nil }, OnStop: func(context.Context) error { return nil }})
	}
	r := client.NewRegistry()
	r.MustRegister(prometheus.NewCollector(a, nil, ""))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Stop(app.Reason{Kind: app.Requested})
	<-a.Done()
	for _, name := range []string{"graceful_start_duration_seconds", "graceful_shutdown_duration_seconds"} {
		if n, err := testutil.GatherAndCount(r, name); n != 1 || err != nil {
			t.Errorf("got %d of %s and error %v, want 1", n, name, err)
		}
	}
}
