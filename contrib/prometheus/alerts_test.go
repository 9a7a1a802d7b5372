package prometheus_test

import (
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An alert on a name that nothing has would never fire, without a sign.
func TestAlertsAreOnNamesThatExist(t *testing.T) {
	source := sources(t, "../../app", "../../modules", "..")
	alerts, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`graceful_([a-z_]+)`).FindAllSubmatch(alerts, -1)
	if len(names) < 10 {
		t.Fatalf("got %d names in alerts.yaml, want 10 at least", len(names))
	}
	for _, name := range names {
		if !strings.Contains(source, `"`+string(name[1])+`"`) {
			t.Errorf("no figure is named %s", name[1])
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

// An alert that no test makes fire may be one that cannot.
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
