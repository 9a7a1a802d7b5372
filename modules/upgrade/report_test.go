package upgrade

import (
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// An old process that waits for connections without a request says so.
func TestConnectionsAreWhatAnOldProcessWaitsFor(t *testing.T) {
	a := app.New("test")
	count := func(server, state string, n float64) app.Metric {
		return app.Metric{Name: "http_connections", Labels: []string{"server", server, "state", state}, Value: n}
	}
	if got := waitingFor(a); got != "" {
		t.Errorf("got %q without a server", got)
	}
	a.Wiring().AddMetrics(func() []app.Metric {
		return []app.Metric{count("http", "new", 2), count("http", "active", 0), count("http", "idle", 1), count("tls", "new", 3), {Name: "http_requests_total", Value: 9}}
	})
	if got, want := waitingFor(a), "connections: 5 new, 1 idle"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
