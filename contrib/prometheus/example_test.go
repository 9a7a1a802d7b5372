package prometheus_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/prometheus"
)

func Example() {
	var metrics *prometheus.Handler
	fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Module,
		prometheus.Module, // on TODO_METRICS_ADDR, or on a route:
		prometheus.Mount("GET /metrics"),
		fx.Populate(&metrics),
	)
	w := httptest.NewRecorder()
	metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "graceful_state{") && strings.HasSuffix(line, " 1\n") {
			fmt.Print(line)
		}
	}
	// Output: graceful_state{state="new"} 1
}
