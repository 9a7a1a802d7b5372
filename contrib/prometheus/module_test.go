package prometheus_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	client "github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/prometheus"
	"github.com/gracefulfx/graceful/modules/config"
)

// scrape returns the lines of an exposition.
func scrape(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got status %d and error %v, want 200", res.StatusCode, err)
	}
	return "\n" + string(body)
}

func wantLines(t *testing.T, exposition string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(exposition, "\n"+line+"\n") {
			t.Errorf("no line %q in%s", line, exposition)
		}
	}
}

func TestAScrapeDuringADrain(t *testing.T) {
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	arrived, release := make(chan struct{}), make(chan struct{})
	x := apptest.New(t, prometheus.Module, fx.Provide(func() http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(arrived)
			<-release
		})
	})).Start()
	answered := make(chan error, 1)
	go func() {
		res, err := x.Client().Get(x.URL("http"))
		if err == nil {
			res.Body.Close()
		}
		answered <- err
	}()
	<-arrived
	wantLines(t, scrape(t, x.Client(), x.URL("metrics")+"/metrics"),
		`graceful_state{state="ready"} 1`, `graceful_ready 1`,
		`graceful_config_last_reload_successful 1`,
		`graceful_http_connections{server="http",state="active"} 1`)

	metrics := x.URL("metrics")
	x.Signal(syscall.SIGTERM)
	x.WaitState(app.StateDraining)
	lines := scrape(t, x.Client(), metrics+"/metrics")
	for !strings.Contains(lines, "\ngraceful_stop_deadline_timestamp_seconds ") { // known a moment after the state
		lines = scrape(t, x.Client(), metrics+"/metrics")
	}
	wantLines(t, lines, `graceful_state{state="draining"} 1`, `graceful_ready 0`,
		`graceful_http_connections{server="http",state="active"} 1`)
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if got := x.Wait(); got.Code != 0 {
		t.Errorf("got %v, want a clean stop", got)
	}
	if nc, err := net.Dial("tcp", strings.TrimPrefix(metrics, "http://")); err == nil {
		nc.Close()
		t.Error("metrics are still served after the end")
	}
}

func TestReloadsAreCounted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("http:\n  addr: 127.0.0.1:0\n")
	x := apptest.New(t, prometheus.Module, prometheus.Mount("GET /metrics"),
		config.WithSource(func(s *config.Source) { s.Files, s.Manual = []string{file}, true })).Start()
	write("http:\n  adr: 127.0.0.1:0\n")
	_, err := x.Do(t.Context(), app.Request{Command: app.Reload, By: "test"})
	if err == nil {
		t.Fatal("a wrong file was accepted")
	}
	wantLines(t, scrape(t, x.Client(), x.URL("http")+"/metrics"),
		`graceful_config_last_reload_successful 0`, `graceful_config_drift 1`,
		`graceful_config_reloads_total{result="rejected",trigger="test"} 1`,
		`graceful_commands_total{command="reload",outcome="failed"} 1`)
}

func TestARegistryOfTheApplicationsOwn(t *testing.T) {
	own := client.NewRegistry()
	own.MustRegister(client.NewGaugeFunc(client.GaugeOpts{Name: "mine"}, func() float64 { return 7 }))
	x := apptest.New(t, prometheus.Module, prometheus.Mount("GET /metrics"), fx.Replace(own)).Start()
	wantLines(t, scrape(t, x.Client(), x.URL("http")+"/metrics"), "mine 7", "graceful_generation 1")
}

func TestABusyPortFailsTheStart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	t.Setenv("APP_METRICS_ADDR", ln.Addr().String())
	x := apptest.New(t, prometheus.Module)
	if err := x.StartFails(); !strings.Contains(err.Error(), "metrics.addr: ") {
		t.Errorf("got %v, want the name of the setting", err)
	}
}

func TestAfterAnUpgradeTheNewGenerationIsScraped(t *testing.T) {
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	drained := make(chan struct{})
	x := apptest.New(t, prometheus.Module, fx.Invoke(func(a *app.App) {
		a.At(app.Drain, "hold", func(context.Context) error { <-drained; return nil })
	})).Start()
	metrics := strings.TrimPrefix(x.URL("metrics"), "http://")
	x.App.Stop(app.Reason{Kind: app.Replaced})
	x.WaitState(app.StateDraining)
	for { // Drain begins when Unbind is over, without an event
		nc, err := net.Dial("tcp", metrics)
		if err != nil {
			break
		}
		nc.Close()
	}
	close(drained)
	x.Wait()
}
