//go:build unix

package conformance

import (
	"os/exec"
	"testing"
)

// generations are the upgrades of each of these tests.
const generations = 20

// Clients of other makes, which never send a request twice, keep one connection
// through TLS over twenty generations.
func TestForeignClientsKeepTheirConnectionThroughTLS(t *testing.T) {
	p := startKept(t, secureEnv(t)...)
	watched := map[string]*watched{}
	for name, f := range foreigners {
		if _, err := exec.LookPath(f.needs); err != nil {
			t.Logf("%s is left out: %v", name, err)
			continue
		}
		watched[name] = watch(t, f, p.url("https", "")[:len(p.url("https", ""))-1])
	}
	if len(watched) == 0 {
		t.Skip("no other client is installed")
	}
	for name, w := range watched {
		w.await(t, name, 1)
	}
	for gen := 2; gen <= generations+1 && !t.Failed(); gen++ {
		p.upgrade(gen)
		for name, w := range watched {
			w.await(t, name, gen)
		}
	}
	for name, w := range watched {
		w.end()
		if w.err != "" || len(w.addrs) != 1 {
			t.Errorf("%s: %d connections, error %q", name, len(w.addrs), w.err)
		}
		if w.proto != foreigners[name].proto {
			t.Errorf("%s speaks %s", name, w.proto)
		}
		t.Logf("%s: %d requests on %d connections", name, w.answers, len(w.addrs))
	}
	p.stop()
}
