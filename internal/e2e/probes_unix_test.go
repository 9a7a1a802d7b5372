//go:build unix

package e2e_test

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// A prober sees a service that is ready while one process replaces another:
// the predecessor answers until the successor does.
func TestProbesStayGreenThroughUpgrades(t *testing.T) {
	c := startChain(t, "ECHO_HEALTH_ADDR=127.0.0.1:0")
	c.upgrades = min(c.upgrades, 5)
	addr, err := c.p.addr("health")
	if err != nil {
		t.Fatal(err, c.p.text())
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	paths := []string{"/readyz", "/livez", "/startupz", "/readyz"}
	c.upgradeUnderLoad(len(paths), func(id int) {
		for !c.over() {
			res, err := client.Get("http://" + addr + paths[id])
			if err != nil {
				t.Errorf("%s: %v", paths[id], err)
				return
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != http.StatusOK {
				t.Errorf("%s: got %d %q, %v, want 200", paths[id], res.StatusCode, body, err)
				return
			}
			c.requests.Add(1)
			<-time.After(time.Millisecond) // a prober that probes a lot
		}
	})
}
