//go:build unix

package e2e_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// A client of the operator's socket gets every answer while the process is upgraded
// again and again. At the moment when one generation follows the other, either may
// answer.
func TestAdminSocketAnswersThroughUpgrades(t *testing.T) {
	c := startChain(t)
	socket := filepath.Join(c.p.cmd.Dir, "admin.sock")
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c.dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	var youngest [2]int
	c.upgradeUnderLoad(len(youngest), func(id int) {
		for last := false; !last; {
			last = c.over() // then once more, to the generation that is left
			var st struct{ Generation int }
			resp, err := client.Get("http://localhost/v1/status")
			if err == nil {
				err = json.NewDecoder(resp.Body).Decode(&st)
				resp.Body.Close()
			}
			if err != nil || resp.StatusCode != http.StatusOK || st.Generation < youngest[id]-1 {
				t.Errorf("generation %d after %d, %v", st.Generation, youngest[id], err)
				return
			}
			youngest[id] = max(youngest[id], st.Generation)
			c.requests.Add(1)
			<-time.After(time.Millisecond) // not to keep the others from working
		}
	})
	for _, got := range youngest {
		if got != *upgrades+1 {
			t.Errorf("the last one to answer was of generation %d, want %d", got, *upgrades+1)
		}
	}
}
