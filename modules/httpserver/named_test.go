package httpserver_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func TestNamedServersHaveTheirOwnSections(t *testing.T) {
	var both struct {
		fx.In
		Public   *httpserver.Server
		Internal *httpserver.Server `name:"internal"`
		HTTP     *http.Server       `name:"internal"`
		App      *app.App
	}
	t.Setenv("APP_HTTP_ADDR", anyPort)
	file := filepath.Join(t.TempDir(), "app.yaml")
	if err := os.WriteFile(file, []byte("http:\n  idle_timeout: 7s\n  internal:\n    idle_timeout: 9s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := fxtest.New(t, app.Module, config.Module, config.WithFile(file),
		httpserver.Module, fx.Provide(func() http.Handler { return text("public") }),
		httpserver.Named("internal", anyPort, func(s string) http.Handler { return text(s) }),
		fx.Supply("internal"), fx.Populate(&both))
	a.RequireStart()
	defer a.RequireStop()
	if _, body := get(t, "http://"+both.Public.Addr().String()); body != "public" {
		t.Errorf("got %q, want public", body)
	}
	if _, body := get(t, "http://"+both.Internal.Addr().String()); body != "internal" {
		t.Errorf("got %q, want internal", body)
	}
	if status, _ := get(t, "http://"+both.Internal.Addr().String()+"/readyz"); status != 200 {
		t.Errorf("got %d from /readyz, want 200", status)
	}
	if got := both.HTTP.IdleTimeout.Seconds(); got != 9 {
		t.Errorf("got idle timeout %vs, want 9s", got)
	}
	if got := len(both.App.Addresses()); got != 2 {
		t.Errorf("got %d addresses, want 2", got)
	}
}

func TestAddressMovesOnReload(t *testing.T) {
	var s *httpserver.Server
	var a *app.App
	dir := t.TempDir()
	file := filepath.Join(dir, "app.yaml")
	write := func(addr string) {
		if err := os.WriteFile(file, []byte("http:\n  addr: "+addr+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(anyPort)
	fxa := fxtest.New(t, app.Module, config.Module, config.WithFile(file), httpserver.Module,
		fx.Provide(func() http.Handler { return text("hi") }), fx.Populate(&s, &a))
	fxa.RequireStart()
	defer fxa.RequireStop()
	old := s.Addr().String()
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	ask := func(url string) {
		t.Helper()
		res, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	ask("http://" + old)

	path := filepath.Join(dir, "socket")
	write("unix:" + path)
	if answer, err := a.Do(t.Context(), app.Request{Command: app.Reload}); err != nil {
		t.Fatalf("%v, %v", answer, err)
	}
	if got := s.Addr().String(); got != path {
		t.Errorf("got %s, want %s", got, path)
	}
	nc, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
	ask("http://" + old) // on the earlier connection

	busy, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	write(busy.Addr().String())
	if _, err := a.Do(t.Context(), app.Request{Command: app.Reload}); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("got %v, want a veto because the port is taken", err)
	}
	if got := s.Addr().String(); got != path {
		t.Errorf("got %s after the veto, want %s", got, path)
	}
}

// A timeout needs no restart, and what the application has tuned stays.
func TestTimeoutsChangeOnReload(t *testing.T) {
	var s *httpserver.Server
	var a *app.App
	file := filepath.Join(t.TempDir(), "app.yaml")
	write := func(idle string) {
		if err := os.WriteFile(file, []byte("http:\n  addr: "+anyPort+"\n  idle_timeout: "+idle+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, own := range map[string]fx.Option{
		"configured": fx.Options(httpserver.Module),
		"tuned":      fx.Options(httpserver.Module, httpserver.Tune("idle", 0, func(hs *http.Server) { hs.IdleTimeout = time.Hour })),
		"managed":    httpserver.Manage(func(h http.Handler) *http.Server { return &http.Server{Handler: h, IdleTimeout: time.Minute} }),
	} {
		t.Run(name, func(t *testing.T) {
			write("1m")
			fxa := fxtest.New(t, app.Module, config.Module, config.WithFile(file), own,
				fx.Provide(func() http.Handler { return text("hi") }), fx.Populate(&s, &a))
			fxa.RequireStart()
			defer fxa.RequireStop()
			write("50ms")
			if answer, err := a.Do(t.Context(), app.Request{Command: app.Reload}); err != nil || answer.Outcome != app.OutcomeDone {
				t.Fatalf("got %v, %v, want it applied", answer, err)
			}
			nc, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			io.WriteString(nc, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
			patience := 20 * time.Second
			if name != "configured" {
				patience = 500 * time.Millisecond
			}
			nc.SetReadDeadline(time.Now().Add(patience))
			_, err = io.Copy(io.Discard, nc)
			if closed := err == nil; closed != (name == "configured") {
				t.Errorf("got closed %v, %v", closed, err)
			}
		})
	}
}
