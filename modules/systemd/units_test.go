package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const shippedUnits = "../../deploy/systemd"

// installed returns the folder of a copy of the shipped units whose program exists,
// as verify demands.
func installed(t *testing.T, names ...string) string {
	t.Helper()
	program, err := exec.LookPath("true")
	if err != nil {
		t.Skip("there is no program that does nothing")
	}
	dir := t.TempDir()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(shippedUnits, name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), "/usr/local/bin/todo", program))
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func analyze(t *testing.T, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return string(out)
}

func analyzeVersion(t *testing.T) int {
	t.Helper()
	out := analyze(t, "--version")
	m := regexp.MustCompile(`^systemd (\d+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no version in %q", out)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// verify exits with 0 if it only warns, so it must print nothing at all.
func TestUnitsVerify(t *testing.T) {
	dir := installed(t, "todo.service", "todo.socket")
	if out := analyze(t, "verify", filepath.Join(dir, "todo.service"), filepath.Join(dir, "todo.socket")); out != "" {
		t.Error(out)
	}
}

func TestNotifyReloadVerifies(t *testing.T) {
	if v := analyzeVersion(t); v < 253 {
		t.Skipf("systemd %d does not know Type=notify-reload (253 does)", v)
	}
	dir := installed(t, "todo.service", "todo.service.d/notify-reload.conf")
	if out := analyze(t, "verify", filepath.Join(dir, "todo.service")); out != "" {
		t.Error(out)
	}
}

func TestBackoffVerifies(t *testing.T) {
	if v := analyzeVersion(t); v < 254 {
		t.Skipf("systemd %d does not know RestartSteps (254 does)", v)
	}
	dir := installed(t, "todo.service", "todo.service.d/backoff.conf")
	if out := analyze(t, "verify", filepath.Join(dir, "todo.service")); out != "" {
		t.Error(out)
	}
}

func TestUnitIsHardened(t *testing.T) {
	dir := installed(t, "todo.service")
	out := analyze(t, "security", "--offline=true", "--no-pager", filepath.Join(dir, "todo.service"))
	m := regexp.MustCompile(`exposure level for todo.service: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no exposure level in\n%s", out)
	}
	if got, err := strconv.ParseFloat(m[1], 64); err != nil || got > 2.0 {
		t.Errorf("exposure %v, want at most 2.0\n%s", got, out)
	}
}

// The shipped units must fit this package.
func TestUnitsFitTheModule(t *testing.T) {
	service, socket := unit(t, "todo.service"), unit(t, "todo.socket")
	for _, test := range []struct{ got, want string }{
		{service["Type"], "notify"},
		{service["NotifyAccess"], "main"},
		{service["Restart"], "on-failure"},
		{service["StartLimitIntervalSec"], "0"}, // otherwise a dependency that is missing for long ends the service
		{socket["FileDescriptorName"], "http"},
		{socket["Accept"], "no"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// unit returns the assignments of a shipped unit; of several with one name the
// last.
func unit(t *testing.T, name string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shippedUnits, name))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			found[key] = value
		}
	}
	return found
}
