package otel_test

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/otel"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func TestTheWholeLifeIsReported(t *testing.T) {
	c := newCollector(t)
	t.Setenv("TODO_OTEL_ENDPOINT", c.URL)
	t.Setenv("TODO_HTTP_ADDR", "127.0.0.1:0")
	begun, release := make(chan struct{}), make(chan struct{})
	x := apptest.New(t, graceful.Name("todo"), otel.Module,
		httpserver.Handle("GET /todos/{id}", func(w http.ResponseWriter, r *http.Request) {
			if !trace.SpanContextFromContext(r.Context()).IsSampled() {
				t.Error("no span in the context of a request")
			}
			close(begun)
			<-release
		})).Start()
	answered := make(chan error, 1)
	go func() {
		res, err := x.Client().Get(x.URL("http") + "/todos/7")
		if err == nil {
			res.Body.Close()
		}
		answered <- err
	}()
	<-begun
	x.Signal(syscall.SIGTERM)
	x.WaitState(app.StateDraining)
	close(release)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if report := x.Wait(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resource["service.name"] != "todo" || c.resource["service.instance.id"] == "" {
		t.Errorf("got resource %v, want the name and an instance", c.resource)
	}
	for _, name := range []string{"start", "stop", "bind http", "drain http", "GET /todos/{id}"} {
		if c.spans[name] == nil {
			t.Errorf("no span %q among %v", name, c.spans)
		}
	}
	if got := c.spans["stop"]["graceful.reason"]; got != "SIGTERM" {
		t.Errorf("got reason %q, want SIGTERM", got)
	}
	for _, name := range []string{"graceful.http_requests_total", "graceful.config_info", "graceful.stop_results",
		"graceful.phase", "graceful.ready", "graceful.shutdown_duration_seconds", "graceful.upgrades_total", "http.server.request.duration"} {
		if _, ok := c.metrics[name]; !ok {
			t.Errorf("no metric %q among %v", name, c.metrics)
		}
	}
}

func TestABlackHoleKeepsNoStopFromEnding(t *testing.T) {
	t.Setenv("APP_OTEL_ENDPOINT", blackHole(t))
	t.Setenv("APP_OTEL_FLUSH_TIMEOUT", "100ms")
	lost := make(chan error, 1)
	x := apptest.New(t, otel.Module, fx.Invoke(func(a *app.App) {
		a.Observe(func(e app.Event) {
			if n, ok := e.(app.Noted); ok && strings.HasPrefix(n.Note.Text, "telemetry was lost") {
				lost <- n.Note.Err
			}
		})
	}), httpserver.Handle("/", func(http.ResponseWriter, *http.Request) {})).Start()
	res, err := x.Client().Get(x.URL("http"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	report := x.Stop()
	if report.Code != 0 || len(report.Abandoned()) != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
	if err := <-lost; !strings.Contains(err.Error(), "otel.flush_timeout of 100ms") {
		t.Errorf("got %v, want it to name the setting", err)
	}
	for _, s := range report.Steps {
		if s.Name == "telemetry" && s.Took > 5*time.Second {
			t.Errorf("the flush took %v", s.Took)
		}
	}
}

// A batch that is being sent when the stop begins holds it up no longer than the
// flush does.
func TestABlackHoleThatHasABatchAlready(t *testing.T) {
	asked, endpoint := deafCollector(t)
	t.Setenv("APP_OTEL_ENDPOINT", endpoint)
	t.Setenv("APP_OTEL_FLUSH_TIMEOUT", "100ms")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10") // milliseconds until a batch is sent
	x := apptest.New(t, otel.Module, httpserver.Handle("/", func(http.ResponseWriter, *http.Request) {})).Start()
	res, err := x.Client().Get(x.URL("http"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	<-asked // the exporter waits for an answer now
	report := x.Stop()
	if report.Code != 0 || len(report.Abandoned()) != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
	if report.Down > 10*time.Second { // an export gives up after that
		t.Errorf("the stop took %v", report.Down)
	}
}

func TestEndpointWithoutAListener(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("APP_OTEL_FLUSH_TIMEOUT", "100ms")
	x := apptest.New(t, otel.Module).Start()
	if report := x.Stop(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
}

func TestWithoutAnEndpointNothingIsSent(t *testing.T) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
	sampled := make(chan bool, 1)
	x := apptest.New(t, otel.Module, httpserver.Handle("/", func(_ http.ResponseWriter, r *http.Request) {
		sampled <- trace.SpanContextFromContext(r.Context()).IsValid()
	})).Start()
	res, err := x.Client().Get(x.URL("http"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if <-sampled {
		t.Error("got a span, want none")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []otel.Config{
		{FlushTimeout: 0},
		{FlushTimeout: time.Second, Endpoint: "collector:4318"},
		{FlushTimeout: time.Second, Endpoint: "grpc://collector:4317"},
	} {
		if c.Validate() == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if c := otel.DefaultConfig(); c.Validate() != nil {
		t.Error(c.Validate())
	}
}
