//go:build unix

package conformance

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// who answers with the generation, the client's address and the protocol: the same
// address throughout means one connection.
func who(a *app.App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %s %s\n", a.Generation(), r.RemoteAddr, r.Proto)
	}
}

// page sends requests all the time, and reports what came of each.
func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, `<script>(async () => {
	for (;;) {
		try {
			const body = await (await fetch("/who", {method: "POST", body: "x".repeat(1000)})).text();
			await fetch("/report", {method: "POST", body: body});
		} catch (e) { await fetch("/report", {method: "POST", body: "error " + e}); return; }
		await new Promise(r => setTimeout(r, 10));
	}
})()</script>`)
}

// report prints what a page says.
func report(_ http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	fmt.Printf("page: %s\n", strings.TrimSpace(string(text)))
}

// secureEnv makes the program speak TLS, with a certificate for the test.
func secureEnv(t *testing.T) []string {
	t.Helper()
	dir, c := t.TempDir(), certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"KEPT_HTTP_TLS_MOVE_HTTP2=true"}
	for name, block := range map[string]*pem.Block{
		"CERT_FILE": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, "KEY_FILE": {Type: "PRIVATE KEY", Bytes: key},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		env = append(env, "KEPT_HTTP_TLS_"+name+"="+path)
	}
	return env
}
