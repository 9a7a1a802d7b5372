package prometheus_test

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An alert on a metric that does not exist would silently never fire, and a panel
// on it would stay empty.
func TestAlertsAndPanelsAreOnNamesThatExist(t *testing.T) {
	source := sources(t, "../../app", "../../modules", "..")
	for _, file := range []string{"alerts.yaml", "dashboard.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`graceful_([a-z_]+)`).FindAllSubmatch(text, -1)
		if len(names) < 10 {
			t.Fatalf("got %d names in %s, want 10 at least", len(names), file)
		}
		for _, m := range names {
			name := string(m[1])
			for _, suffix := range []string{"_bucket", "_count"} { // of a histogram
				name = strings.TrimSuffix(name, suffix)
			}
			if !strings.Contains(source, `"`+name+`"`) {
				t.Errorf("%s: no metric is named %s", file, name)
			}
		}
	}
}

// Grafana accepts any dashboard: only a person would notice a panel without a
// query, or one that covers another.
func TestTheDashboardIsWhole(t *testing.T) {
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil || len(d.Panels) < 10 {
		t.Fatalf("got %d panels and %v", len(d.Panels), err)
	}
	cells := map[[2]int]string{}
	for _, p := range d.Panels {
		if len(p.Targets) == 0 || p.Targets[0].Expr == "" {
			t.Errorf("panel %q has no query", p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies over %q", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
	}
}

// sources returns the text of all Go files below the directories, without tests.
func sources(t *testing.T, dirs ...string) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// An alert that fires in no test may be unable to fire.
func TestEveryAlertHasAUnitTest(t *testing.T) {
	alerts, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`- alert: (\S+)`).FindAllStringSubmatch(string(alerts), -1) {
		fires := regexp.MustCompile(`alertname: ` + name[1] + `\n +exp_alerts:`)
		if !fires.Match(tests) {
			t.Errorf("nothing in alerts_test.yaml makes %s fire", name[1])
		}
	}
}

func TestAlertsPassPromtool(t *testing.T) {
	promtool, err := exec.LookPath(cmp.Or(os.Getenv("PROMTOOL"), "promtool"))
	if err != nil {
		t.Skip("no promtool, which is part of the Debian package prometheus; or name one with PROMTOOL")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
