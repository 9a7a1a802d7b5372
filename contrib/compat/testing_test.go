package compat

import (
	"io"
	"net/http"
	"syscall"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

// snippet: testing
func TestShopAnswersAndStops(t *testing.T) {
	t.Parallel() // each application has its own ports, settings and signals
	settings := apptest.Config(t, "http: {idle_timeout: 1m}\n")
	x := apptest.New(t, graceful.Name("shop"), settings, fx.Provide(newShop)).Start()

	res, err := x.Client().Get(x.URL("http") + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); string(body) != "open" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}

	x.Signal(syscall.SIGTERM) // a fake one: the test itself gets none
	if report := x.Wait(); report.Code != 0 || report.State != app.StateStopped {
		t.Errorf("got %v", report)
	}
}

// end

func newShop() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "open") })
}
