package prometheus_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/prometheus"
)

var update = flag.Bool("update", false, "write testdata/exposition.golden anew")

// What dashboards and alerts rely on: every series of a small service that is
// ready, with its type. Values, and labels that differ from build to build or
// run to run, are left out.
func TestNamesAndLabelsAreTheOnesPromised(t *testing.T) {
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	x := apptest.New(t, prometheus.Module, fx.Invoke(func(a *app.App) {
		a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error { return nil }})
		a.Handle("backup", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil })
	})).Start()
	for _, c := range []app.Command{app.Reload, "backup", "nonsense"} {
		_, _ = x.Do(t.Context(), app.Request{Command: c, By: "test"})
	}
	all := ""
	for !strings.Contains(all, "\ngraceful_config_watch_mode") { // the watcher has begun
		all = scrape(t, x.Client(), x.URL("metrics")+"/metrics")
	}
	got := outline(all)
	const golden = "testdata/exposition.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s\nIf that is what should be, run the test with -update, and look at alerts.yaml and doc.go.", got, want)
	}
}

var (
	seriesLine  = regexp.MustCompile(`^(graceful_[a-z_0-9]+)(\{.*\})? `)
	variesByRun = regexp.MustCompile(`(hash|version|revision|goversion|mode)="[^"]*"`)
)

// outline is an exposition without values, sorted, each family after its type.
func outline(exposition string) string {
	var lines []string
	for line := range strings.Lines(exposition) {
		line = strings.TrimSuffix(line, "\n")
		if kind, ok := strings.CutPrefix(line, "# TYPE graceful_"); ok {
			name, kind, _ := strings.Cut(kind, " ")
			lines = append(lines, "graceful_"+name+" is a "+kind)
		} else if m := seriesLine.FindStringSubmatch(line); m != nil {
			lines = append(lines, m[1]+variesByRun.ReplaceAllString(m[2], `$1="…"`))
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n") + "\n"
}

// Nothing that a client chooses is a label: there could be any number of series.
func TestLabelsDoNotComeFromClients(t *testing.T) {
	text, err := os.ReadFile("testdata/exposition.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"path", "route", "url", "method", "remote", "client", "user"} {
		if regexp.MustCompile(`[{,]` + label + `=`).Match(text) {
			t.Errorf("there is a label %s", label)
		}
	}
}

// Exactly one of the states and one of the phases is true at any moment.
func TestStateAndPhaseAreOneHot(t *testing.T) {
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	x := apptest.New(t, prometheus.Module)
	seen := map[string]bool{}
	look := func() {
		all := scrape(t, x.Client(), x.URL("metrics")+"/metrics")
		for _, family := range []string{"state", "phase"} {
			hot := regexp.MustCompile(`(?m)^graceful_`+family+`\{.*="([a-z_]+)"\} 1$`).FindAllStringSubmatch(all, -1)
			if len(hot) != 1 {
				t.Errorf("%s: got %v, want one", family, hot)
				continue
			}
			seen[family+" "+hot[0][1]] = true
		}
	}
	for _, p := range []app.Phase{app.Bind, app.Serve, app.Announce, app.Unbind, app.Drain, app.Final} {
		x.App.At(p, "look", func(context.Context) error { look(); return nil })
	}
	x.Start()
	look()
	x.Stop()
	for _, want := range []string{"state starting", "state ready", "state draining", "state stopping",
		"phase bind", "phase serve", "phase running", "phase announce", "phase unbind", "phase drain", "phase final"} {
		if !seen[want] {
			t.Errorf("%s was never seen, only %v", want, seen)
		}
	}
}

// A scrape in OpenMetrics follows its rules for the names of counters.
func TestOpenMetrics(t *testing.T) {
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	x := apptest.New(t, prometheus.Module).Start()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL("metrics")+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	res, err := x.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(string(body), "\n# EOF\n") {
		t.Errorf("got %s, ending in %q, want OpenMetrics", kind, body[max(0, len(body)-40):])
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (graceful_\S+) counter$`).FindAllStringSubmatch(string(body), -1) {
		if series := "\n" + m[1] + "_total"; !strings.Contains(string(body), series+"{") && !strings.Contains(string(body), series+" ") {
			t.Errorf("the counter %s has no series %s_total", m[1], m[1])
		}
	}
}

// rolledBack is the error of an upgrade whose successor was ready.
type rolledBack struct{}

func (rolledBack) RolledBack() bool { return true }

func TestAnUpgradeThatWasTakenBackIsNotOneThatNeverBegan(t *testing.T) {
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	answers := []app.Answer{{Detail: rolledBack{}}, {}}
	x := apptest.NewCore(t, prometheus.Module, fx.Invoke(func(a *app.App) {
		a.Handle(app.Upgrade, func(context.Context, app.Request) (ans app.Answer, err error) {
			ans, answers = answers[0], answers[1:]
			return ans, errors.New("it did not stay")
		})
	})).Start()
	for range 2 {
		_, _ = x.Do(t.Context(), app.Request{Command: app.Upgrade})
	}
	wantLines(t, scrape(t, x.Client(), x.URL("metrics")+"/metrics"), `graceful_upgrades_total{result="ok"} 0`,
		`graceful_upgrades_total{result="rolled_back"} 1`, `graceful_upgrades_total{result="failed"} 1`, `graceful_upgrades_total{result="refused"} 0`)
}
