package httpserver

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// A veto because a port is taken also says which line of which file has the port.
func TestVetoOfTheServerPointsAtItsLine(t *testing.T) {
	dir := t.TempDir()
	from, to := thisYear()
	cert, key := issue(t, dir, "test", from, to)
	junk := filepath.Join(dir, "junk")
	write(t, junk, []byte("junk"))
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()

	const plain = "http:\n  addr: 127.0.0.1:0\n"
	tls := func(cert, key, more string) string {
		return plain + "  tls:\n    key_file: " + key + "\n    cert_file: " + cert + "\n" + more
	}
	tests := []struct{ name, before, after, want string }{
		{"port taken", plain, "http:\n  addr: " + busy.Addr().String() + "\n", ":2:3: http.addr: port "},
		{"address of another machine", plain, "http:\n  addr: 192.0.2.1:0\n", ":2:3: http.addr: this machine does not have the address"},
		{"no socket in the place of a socket", plain, "http:\n  linger: 1s\n  addr: unix:" + junk + "\n", ":3:3: http.addr: "},
		{"TLS on", plain, tls(cert, key, ""), ":5:5: http.tls.cert_file: TLS cannot be switched on or off"},
		{"TLS off", tls(cert, key, ""), plain, ":1:1: http.tls.cert_file: TLS cannot be switched on or off"},
		{"no certificate file", tls(cert, key, ""), tls("/nonexistent", key, ""), ":5:5: http.tls.cert_file: open /nonexistent"},
		{"no key file", tls(cert, key, ""), tls(cert, "/nonexistent", ""), ":4:5: http.tls.key_file: open /nonexistent"},
		{"junk for a key", tls(cert, key, ""), tls(cert, junk, ""), ":5:5: http.tls.cert_file: " + cert + " with tls.key_file " + junk},
		{"junk for authorities", tls(cert, key, ""), tls(cert, key, "    client_ca_file: "+junk+"\n"), ":6:5: http.tls.client_ca_file: " + junk + " holds no certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "app.yaml")
			write(t, file, []byte(tt.before))
			var a *app.App
			fxa := fxtest.New(t, app.Module, config.Module, config.WithFile(file), Module, fx.Populate(&a),
				config.WithSource(func(s *config.Source) { s.Manual = true }))
			fxa.RequireStart()
			defer fxa.RequireStop()
			write(t, file, []byte(tt.after))
			answer, err := a.Do(t.Context(), app.Request{Command: app.Reload})
			report, _ := answer.Detail.(config.Report)
			want := "vetoed by http: " + file + tt.want
			if err == nil || !strings.HasPrefix(report.Text(), want) || len(report.Problems) != 1 {
				t.Errorf("got  %s, %v\nwant %s", report.Text(), report.Problems, want)
			}
		})
	}
}
