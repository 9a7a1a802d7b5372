package httpserver

import (
	"crypto/fips140"
	"crypto/tls"
	"net/http"
	"os"
	"os/exec"
	"testing"
)

// In FIPS 140-3 mode AES-GCM chooses its nonces itself, so no connection can be
// continued elsewhere. HTTPS works, and so do tickets; one line says what does not.
func TestNothingMovesInFIPSMode(t *testing.T) {
	if !fips140.Enabled() {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingMovesInFIPSMode$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=on")
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	r := serveOn(t, http.HandlerFunc(hello), throughTLS(t, nil))
	r.tls.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	if r.resumes() || !r.resumes() {
		t.Error("sessions are not resumed")
	}
	if n := len(r.noted(cannotMove)); n != 1 {
		t.Errorf("%d lines say that nothing moves", n)
	}
	if n := len(r.noted(http2CannotMove)); n != 0 {
		t.Errorf("%d more do", n)
	}
	if n := len(r.app.Wiring().Movers()); n != 0 {
		t.Errorf("%d servers are registered to move", n)
	}
}
