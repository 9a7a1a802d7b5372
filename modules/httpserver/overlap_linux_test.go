package httpserver

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// A socket for every address stands in the way of one for a part of them. A reload
// says so and what to do, and the server goes on where it was.
func TestAddressThatOverlapsOneThatIsServedNeedsARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	set := func(addr string) { write(t, file, fmt.Appendf(nil, "http: {linger: 0s, addr: %s}\n", addr)) }
	var a *app.App
	var s *Server
	port := 0
	for range 10 { // another process may take the port meanwhile
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = free.Addr().(*net.TCPAddr).Port
		free.Close()
		set(fmt.Sprintf("'0.0.0.0:%d'", port))
		fxa := fxtest.New(t, app.Module, config.Module, config.WithFile(file), Module, fx.Populate(&a, &s),
			fx.Provide(func() http.Handler { return http.HandlerFunc(hello) }), config.WithSource(func(s *config.Source) { s.Manual = true }))
		if fxa.Start(t.Context()) == nil {
			defer fxa.RequireStop()
			break
		}
		port = 0
	}
	if port == 0 {
		t.Fatal("there is no free port")
	}
	for name, addr := range map[string]string{
		"both wildcards": fmt.Sprintf("['0.0.0.0:%d', '[::]:%d']", port, port),
		"one address":    fmt.Sprintf("'127.0.0.1:%d'", port),
	} {
		set(addr)
		_, err := a.Do(t.Context(), app.Request{Command: app.Reload})
		if want := fmt.Sprintf("overlaps 0.0.0.0:%d, which the server listens on: restart it", port); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		r := &rig{t: t, app: a, server: s}
		nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		c := r.clientOn(nc)
		if _, body := c.get("/"); body != "hello" {
			t.Errorf("%s: got %q", name, body)
		}
		c.Close()
	}
}
