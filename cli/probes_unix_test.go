//go:build unix

package cli_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The three probes from start to stop of a process, on the operator's socket and on
// the application's port.
func TestProbesThroughALife(t *testing.T) {
	t.Parallel()
	dir := stage(t)
	begin, end := filepath.Join(dir, "begin"), filepath.Join(dir, "end")
	cmd := exec.Command(filepath.Join(dir, "todo"))
	cmd.Dir = dir
	cmd.Env = []string{"RUNTIME_DIRECTORY=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0", "HOLD_START=" + begin, "HOLD_STOP=" + end}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	socket := filepath.Join(dir, "admin.sock")
	addr := ""
	probe := func(network, path string) (status int, text string) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		to := map[string]string{"unix": socket, "tcp": addr}[network]
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, to)
		}}}
		resp, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	until := func(path string, want int, text string) {
		t.Helper()
		status, got := 0, ""
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) { // an answer that changes has no event to wait for
			if status, got = probe("unix", path); status == want && strings.Contains(got, text) {
				return
			}
		}
		t.Fatalf("%s: got %d %s, want %d with %q", path, status, got, want, text)
	}
	check := func(when, network, path string, want int, text string) {
		t.Helper()
		if status, got := probe(network, path); status != want || !strings.Contains(got, text) {
			t.Errorf("%s, %s %s: got %d %s, want %d with %q", when, network, path, status, got, want, text)
		}
	}
	touch := func(name string) {
		t.Helper()
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	until("/readyz", 503, "waiting for resources")
	check("starting", "unix", "/readyz", 503, "cli_test.go:") // where the hook is that it waits for
	check("starting", "unix", "/startupz", 503, "waiting for resources")
	check("starting", "unix", "/livez", 200, "starting")

	touch(begin)
	until("/readyz", 200, "ready")
	_, status := probe("unix", "/v1/status")
	if m := regexp.MustCompile(`"server": "http",\s*"net": "tcp",\s*"addr": "([^"]+)"`).FindStringSubmatch(status); m != nil {
		addr = m[1]
	}
	for _, network := range []string{"unix", "tcp"} {
		for _, path := range []string{"/livez", "/readyz", "/startupz", "/readyz?verbose", "/livez?verbose"} {
			check("ready", network, path, 200, "ready")
		}
	}
	for _, path := range []string{"/v1/status", "/debug/pprof/", "/v1/stop"} { // the operator's own are not for everybody
		check("ready", "tcp", path, 404, "")
	}

	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until("/readyz", 503, "SIGTERM")
	check("stopping", "unix", "/readyz", 503, "SIGTERM")
	check("stopping", "unix", "/livez", 200, "")
	check("stopping", "unix", "/startupz", 200, "")
	touch(end)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("it did not end")
	}
}
