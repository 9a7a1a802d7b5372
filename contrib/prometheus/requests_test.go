package prometheus_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/prometheus"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// Requests are counted by the pattern of the route, not by the path or anything
// else that a client can make up.
func TestRequestsAreMeasuredByRoute(t *testing.T) {
	x := apptest.New(t, prometheus.Module, prometheus.Mount("GET /metrics"),
		httpserver.Handle("GET /todos/{id}", func(w http.ResponseWriter, r *http.Request) {
			if r.PathValue("id") == "3" {
				w.WriteHeader(http.StatusEarlyHints)
				http.Error(w, "no", http.StatusTeapot)
			}
		}),
		httpserver.Handle("/panics", func(http.ResponseWriter, *http.Request) { panic("a bug") })).Start()
	for id := range 4 {
		get(t, x, http.MethodGet, fmt.Sprintf("/todos/%d", id))
	}
	get(t, x, "BREW", "/todos/1")
	get(t, x, http.MethodGet, "/nowhere")
	get(t, x, http.MethodPost, "/panics") // which the client does not send again
	const name = `graceful_http_request_duration_seconds_count`
	wantLines(t, scrape(t, x.Client(), x.URL("http")+"/metrics"),
		name+`{code="2xx",method="GET",route="/todos/{id}"} 3`,
		name+`{code="4xx",method="GET",route="/todos/{id}"} 1`,
		name+`{code="4xx",method="other",route="unmatched"} 1`,
		name+`{code="4xx",method="GET",route="unmatched"} 1`,
		name+`{code="5xx",method="POST",route="/panics"} 1`)
}

// What the page of the admin API shows comes from the same histogram, and is not
// exported beside it.
func TestThePageGetsTheHistogram(t *testing.T) {
	var a *app.App
	x := apptest.New(t, prometheus.Module, prometheus.Mount("GET /metrics"), fx.Populate(&a),
		httpserver.Handle("/fine", func(http.ResponseWriter, *http.Request) {}),
		httpserver.Handle("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) })).Start()
	for _, path := range []string{"/fine", "/fine", "/broken"} {
		get(t, x, http.MethodGet, path)
	}
	if text := scrape(t, x.Client(), x.URL("http")+"/metrics"); strings.Contains(text, "latency") {
		t.Errorf("it is exported: %s", text)
	}
	var before, all, errors float64
	for _, m := range a.Wiring().Metrics() {
		switch m.Name {
		case "http_latency_bucket_total":
			if m.Value < before {
				t.Errorf("%v: got %v, after %v", m.Labels, m.Value, before)
			}
			if before = m.Value; m.Labels[1] == "+Inf" {
				all = m.Value
			}
		case "http_latency_errors_total":
			errors = m.Value
		}
	}
	if all != 4 || errors != 1 { // with the scrape
		t.Errorf("got %v requests and %v errors, want 4 and 1", all, errors)
	}
}

func get(t *testing.T, x *apptest.App, method, path string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, x.URL("http")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := x.Client().Do(req); err == nil { // a panic is an error of the client
		res.Body.Close()
	}
}
