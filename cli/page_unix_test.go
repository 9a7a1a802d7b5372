//go:build unix

package cli_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Responses of the command to a browser have the command's own policy, whatever the
// process at the other end sends: the page may call the command and load nothing
// from elsewhere, and an answer of the process may do nothing at all.
func TestPageOfTheCommandSetsItsPolicy(t *testing.T) {
	t.Parallel()
	s := serviceWithOutput(t)
	s.awaitLine(`"msg":"ready"`)
	cmd := s.command("page", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var said struct{ URL string }
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		t.Fatal(err)
	}
	page, err := url.Parse(said.URL)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(page.Fragment, "token=")
	page.Fragment = ""
	for path, want := range map[string][]string{
		"":           {"default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"},
		"v1/status":  {"default-src 'none'", "sandbox", "frame-ancestors 'none'"},
		"v1/nothing": {"default-src 'none'", "sandbox", "frame-ancestors 'none'"},
	} {
		req, err := http.NewRequest(http.MethodGet, page.String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		policy := resp.Header.Get("Content-Security-Policy")
		for _, part := range want {
			if !strings.Contains(policy, part) {
				t.Errorf("/%s (%s): got policy %q, want %s in it", path, resp.Status, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe-inline") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("/%s: got policy %q and %v", path, policy, resp.Header)
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
