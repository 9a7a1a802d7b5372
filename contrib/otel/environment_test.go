package otel_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/otel"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// clearVariables removes OpenTelemetry's variables from the test's environment.
func clearVariables(t *testing.T) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
}

// watchNotes collects the notes of an application.
func watchNotes(to *[]app.Note) fx.Option {
	return fx.Invoke(func(a *app.App) {
		a.Observe(func(e app.Event) {
			if n, ok := e.(app.Noted); ok {
				*to = append(*to, n.Note)
			}
		})
	})
}

func find(notes []app.Note, text string) (found []app.Note) {
	for _, n := range notes {
		if strings.Contains(n.Text, text) {
			found = append(found, n)
		}
	}
	return found
}

// request makes one request of x.
func request(t *testing.T, x *apptest.App, header ...string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL("http")+"/hello", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := x.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

var hello = httpserver.Handle("GET /hello", func(http.ResponseWriter, *http.Request) {})

func TestTheVariablesOfTheSpecification(t *testing.T) {
	for name, tc := range map[string]struct {
		env            map[string]string
		spans, metrics bool
		says           string
	}{
		"nothing said":         {spans: true, metrics: true},
		"disabled":             {env: map[string]string{"OTEL_SDK_DISABLED": "True"}, says: "telemetry is off"},
		"disabled, wrongly":    {env: map[string]string{"OTEL_SDK_DISABLED": "yes"}, spans: true, metrics: true, says: "a variable of OpenTelemetry is ignored"},
		"no traces":            {env: map[string]string{"OTEL_TRACES_EXPORTER": "none"}, metrics: true},
		"no metrics":           {env: map[string]string{"OTEL_METRICS_EXPORTER": "none"}, spans: true},
		"unknown exporter":     {env: map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, spans: true, metrics: true, says: "a variable of OpenTelemetry is ignored"},
		"unknown protocol":     {env: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "udp"}, spans: true, metrics: true, says: "a variable of OpenTelemetry is ignored"},
		"unknown propagator":   {env: map[string]string{"OTEL_PROPAGATORS": "pigeon"}, spans: true, metrics: true, says: "a variable of OpenTelemetry is ignored"},
		"metrics to be pulled": {env: map[string]string{"OTEL_METRICS_EXPORTER": "prometheus"}, spans: true, says: "a variable of OpenTelemetry is ignored"},
	} {
		t.Run(name, func(t *testing.T) {
			clearVariables(t)
			c := newCollector(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
			for k, v := range tc.env {
				t.Setenv(k, v)
			}
			var notes []app.Note
			x := apptest.New(t, otel.Module, watchNotes(&notes), hello).Start()
			request(t, x)
			if report := x.Stop(); report.Code != 0 {
				t.Errorf("got %v, want a clean stop", report)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if got := c.spans["GET /hello"] != nil; got != tc.spans {
				t.Errorf("spans arrived: %t, want %t", got, tc.spans)
			}
			if _, got := c.metrics["http.server.request.duration"]; got != tc.metrics {
				t.Errorf("metrics arrived: %t, want %t", got, tc.metrics)
			}
			if tc.says != "" && len(find(notes, tc.says)) != 1 {
				t.Errorf("got notes %v, want one that says %q", notes, tc.says)
			}
		})
	}
}

func TestPropagatorsOfTheEnvironment(t *testing.T) {
	clearVariables(t)
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_PROPAGATORS", "b3, baggage")
	x := apptest.New(t, otel.Module, hello).Start()
	const id = "463ac35c9f6413ad48485a3953bb6124"
	request(t, x, "b3", id+"-a2fb4a1d1a96d312-1")
	x.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := c.traces["GET /hello"]; got != id {
		t.Errorf("got trace %s, want that of the client", got)
	}
}

func TestSpansOverGRPC(t *testing.T) {
	clearVariables(t)
	c := newCollector(t)
	t.Setenv("APP_OTEL_ENDPOINT", c.listenGRPC(t))
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	t.Setenv("OTEL_LOGS_EXPORTER", "none")
	x := apptest.New(t, otel.Module, hello).Start()
	request(t, x)
	if report := x.Stop(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spans["GET /hello"] == nil || c.spans["stop"] == nil {
		t.Errorf("got spans %v, want the request and the stop", c.spans)
	}
}

func TestAFailedStartSendsItsTrace(t *testing.T) {
	clearVariables(t)
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	x := apptest.New(t, otel.Module, fx.Invoke(func(a *app.App) {
		a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error { return errors.New("no route to host") }})
	}))
	if err := x.StartFails(); !strings.Contains(err.Error(), "no route to host") {
		t.Fatalf("got %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := c.spans["resources db"]["graceful.outcome"]; c.spans["start"] == nil || got != string(app.OutcomeFailed) {
		t.Errorf("got outcome %q among spans %v, want the failed start", got, c.spans)
	}
}

// The SDK would print a line to standard error for each batch.
func TestWhatIsNotDeliveredIsNotedOnce(t *testing.T) {
	clearVariables(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	t.Setenv("OTEL_LOGS_EXPORTER", "none")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "1") // milliseconds
	t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "20")
	t.Setenv("APP_OTEL_FLUSH_TIMEOUT", "100ms")
	var notes []app.Note
	x := apptest.New(t, otel.Module, watchNotes(&notes), hello).Start()
	failures := func() float64 {
		for _, m := range x.Wiring().Metrics() {
			if m.Name == "otel_export_failures_total" {
				return m.Value
			}
		}
		return -1
	}
	for failures() < 3 {
		request(t, x)
	}
	if report := x.Stop(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
	if got := find(notes, "telemetry is not delivered"); len(got) != 1 || got[0].Err == nil {
		t.Errorf("got %v, want one note with the reason", got)
	}
}

func TestTheLogIsSent(t *testing.T) {
	clearVariables(t)
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	var want string
	x := apptest.New(t, otel.Module, otel.Logs(), httpserver.Handle("GET /hello", func(zl *zap.Logger, sl *slog.Logger) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) {
			want = trace.SpanContextFromContext(r.Context()).TraceID().String()
			sl.InfoContext(r.Context(), "by slog")
			zl.Info("by zap")
			zl.Debug("below the level")
		}
	})).Start()
	request(t, x)
	if report := x.Stop(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got, ok := c.lines["by slog"]; !ok || got != want {
		t.Errorf("got trace %q of lines %v, want %s", got, c.lines, want)
	}
	for _, line := range []string{"by zap", "ready"} {
		if _, ok := c.lines[line]; !ok {
			t.Errorf("got lines %v, want %q", c.lines, line)
		}
	}
	if _, ok := c.lines["below the level"]; ok {
		t.Error("a line was sent that the log does not have")
	}
}
