package prometheus_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/prometheus"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// The test binary is also the program under the dashboard.
func TestMain(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		program()
		return
	}
	goleak.VerifyTestMain(m)
}

const programEnv = "DASHBOARD_PROGRAM"

// program is a service under the dashboard: most of its requests are quick, some
// slow, and a few fail.
func program() {
	handle := func(w http.ResponseWriter, r *http.Request) {
		typical := 4.0
		if strings.HasPrefix(r.URL.Path, "/search") {
			typical = 40
		}
		<-time.After(time.Duration(typical*rand.ExpFloat64()) * time.Millisecond) // its work
		if rand.IntN(60) == 0 {
			http.Error(w, "no", http.StatusBadGateway)
		}
	}
	// The port of the metrics outlives this hook: what a stop counts is scraped.
	flush := func(a *app.App) {
		a.At(app.Resources, "flush", func(context.Context) error {
			<-time.After(time.Second) // for two scrapes
			return nil
		})
	}
	graceful.Run(graceful.Name("dash"), prometheus.Module, fx.Invoke(flush),
		httpserver.Handle("GET /todos/{id}", handle), httpserver.Handle("GET /search", handle))
}
