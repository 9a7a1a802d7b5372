package httpserver_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func healthAt(addr string) fx.Option {
	return fx.Options(httpserver.HealthModule, fx.Decorate(func(*config.Value[httpserver.HealthConfig]) *config.Value[httpserver.HealthConfig] {
		return config.Static(httpserver.HealthConfig{Addr: addr})
	}))
}

func addressOf(a *app.App, server string) string {
	for _, addr := range a.Addresses() {
		if addr.Server == server {
			return addr.Addr
		}
	}
	return ""
}

// The application's port is closed while a hook runs, and probes are answered with
// the name of that hook; to the end of the stop they report the state.
func TestProbesAnswerFromTheFirstPhaseToTheLast(t *testing.T) {
	var a *app.App
	starting, started := make(chan struct{}), make(chan struct{})
	stopping, stopped := make(chan struct{}), make(chan struct{})
	fxa := fx.New(fx.NopLogger, options(&notes{}, httpserver.Off), httpserver.Module, healthAt(anyPort), fx.Populate(&a),
		fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StartStopHook(func() { close(starting); <-started }, func() { close(stopping); <-stopped }))
		}))
	if err := fxa.Err(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- fxa.Start(context.Background()) }()
	<-starting
	url := "http://" + addressOf(a, "health")
	probe := func(path string, status int, text string) {
		t.Helper()
		if got, body := get(t, url+path); got != status || !strings.Contains(body, text) {
			t.Errorf("%s: got %d %q, want %d with %q", path, got, body, status, text)
		}
	}
	probe("/livez", 200, "starting")
	probe("/readyz", 503, "waiting for resources httpserver_test.TestProbes")
	probe("/startupz", 503, "waiting for resources httpserver_test.TestProbes")
	close(started)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/livez", "/readyz", "/startupz"} {
		probe(path, 200, "ready")
	}
	probe("/", 404, "")

	go func() { ended <- fxa.Stop(context.Background()) }()
	<-stopping
	probe("/livez", 200, "stopping")
	probe("/startupz", 200, "stopping")
	probe("/readyz", 503, "stopping")
	close(stopped)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		nc.Close()
		t.Error("the port is still open")
	}
}

func TestHealthAddressThatIsNotPossibleIsAnError(t *testing.T) {
	busy, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().String()
	_, port, _ := net.SplitHostPort(taken)
	for name, tt := range map[string]struct{ health, http, want string }{
		"taken":               {taken, anyPort, "health.addr: port " + port + " is taken by this very process"},
		"http's":              {"127.0.0.1:8080", "127.0.0.1:8080", "health.addr: 127.0.0.1:8080 is http.addr as well"},
		"http's on one host":  {"127.0.0.1:8080", ":8080", "is http.addr as well"},
		"http's on all hosts": {"0.0.0.0:8080", "127.0.0.1:8080", "is http.addr as well"},
		"http's by its name":  {"localhost:8080", "127.0.0.1:8080", "health.addr: localhost:8080 is http.addr as well"},
		"one of several":      {"127.0.0.1:8081", ":8080, :8081", "is http.addr as well (:8081)"},
		"any port twice":      {anyPort, anyPort, ""},
		"off":                 {httpserver.Off, anyPort, ""},
		"off like http's":     {httpserver.Off, httpserver.Off, ""},
		"unset":               {"", anyPort, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := fx.New(fx.NopLogger, options(&notes{}, tt.http), httpserver.Module, healthAt(tt.health))
			err := a.Start(t.Context())
			if err == nil {
				defer a.Stop(context.Background())
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	c := httpserver.HealthConfig{Addr: "8081"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), `write ":8081"`) {
		t.Errorf("got %v, want what to write", err)
	}
}

// A server that is off takes no port and needs no handler, wherever it is turned
// off.
func TestServerThatIsOff(t *testing.T) {
	handler := fx.Provide(func() http.Handler { return text("hi") })
	off := httpserver.Tune("off", 0, func(hs *http.Server) { hs.Addr = httpserver.Off })
	for name, tt := range map[string]struct {
		addr string
		opts fx.Option
	}{
		"setting":                {httpserver.Off, fx.Options()},
		"setting, and a handler": {httpserver.Off, handler},
		"code":                   {anyPort, off},
	} {
		t.Run(name, func(t *testing.T) {
			said := &notes{}
			var s *httpserver.Server
			var a *app.App
			fxa := fxtest.New(t, options(said, tt.addr), httpserver.Module, tt.opts, fx.Populate(&s, &a))
			fxa.RequireStart()
			defer fxa.RequireStop()
			if s.Addr() != nil || len(a.Addresses()) != 0 {
				t.Errorf("got %v and %v, want no address", s.Addr(), a.Addresses())
			}
			if got := said.texts(); got != "no server: its addr is off" {
				t.Errorf("got notes %q", got)
			}
		})
	}
}
