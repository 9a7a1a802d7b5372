package prometheus_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"golang.org/x/crypto/bcrypt"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/prometheus"
)

// Of two applications in one registry each scrape would lose one, with status 200.
func TestTwoApplicationsShareARegistryByLabel(t *testing.T) {
	t.Run("not without", func(t *testing.T) {
		r := client.NewRegistry()
		if err := prometheus.Register(r, app.New("a"), nil, prometheus.DefaultConfig()); err != nil {
			t.Fatal(err)
		}
		if err := prometheus.Register(r, app.New("b"), nil, prometheus.DefaultConfig()); !errors.Is(err, prometheus.ErrShared) {
			t.Errorf("got %v, want ErrShared", err)
		}
		c := prometheus.DefaultConfig()
		c.AppLabel = true
		if err := prometheus.Register(r, app.New("b"), nil, c); !errors.Is(err, prometheus.ErrShared) {
			t.Errorf("got %v where one of two has the label, want ErrShared", err)
		}
		c.AppLabel, c.Prefix = false, "b"
		if err := prometheus.Register(r, app.New("b"), nil, c); err != nil {
			t.Errorf("got %v for another prefix", err)
		}
	})
	t.Run("with the label", func(t *testing.T) {
		r := client.NewPedanticRegistry()
		c := prometheus.DefaultConfig()
		c.AppLabel = true
		for _, name := range []app.Name{"a", "b"} {
			if err := prometheus.Register(r, app.New(name), nil, c); err != nil {
				t.Fatal(err)
			}
		}
		expect(t, r, `
# HELP graceful_generation Processes that passed their sockets on to one another, this one included.
# TYPE graceful_generation gauge
graceful_generation{app="a"} 1
graceful_generation{app="b"} 1
`, "graceful_generation")
	})
}

// The registry of a process outlives its applications.
func TestAnApplicationThatHasEndedLeavesItsRegistry(t *testing.T) {
	r := client.NewRegistry()
	for range 2 {
		x := apptest.New(t, prometheus.Module, fx.Replace(r)).Start()
		if report := x.Stop(); report.Code != 0 {
			t.Errorf("got %v, want a clean stop", report)
		}
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "graceful_") {
			t.Errorf("got %s after the end", f.GetName())
		}
	}
}

func TestThePortOfMetricsHasUsers(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte("basic_auth_users: {scraper: '"+string(hash)+"'}"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APP_METRICS_ADDR", "127.0.0.1:0")
	t.Setenv("APP_METRICS_WEB_CONFIG_FILE", file)
	x := apptest.New(t, prometheus.Module).Start()
	for password, want := range map[string]int{"secret": http.StatusOK, "guessed": http.StatusUnauthorized} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL("metrics")+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("scraper", password)
		res, err := x.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("got status %d with password %q, want %d", res.StatusCode, password, want)
		}
	}
}

func TestAWrongWebConfigFileIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte("basic_auth: {a: b}"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := prometheus.DefaultConfig()
	c.WebFile = file
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "basic_auth") {
		t.Errorf("got %v, want what is wrong in the file", err)
	}
}

func TestABatchJobPushesAtItsEnd(t *testing.T) {
	type request struct{ method, path, auth, body string }
	pushed := make(chan request, 10)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pushed <- request{r.Method, r.URL.Path, r.Header.Get("Authorization"), string(body)}
	}))
	defer gateway.Close()
	t.Setenv("IMPORT_METRICS_PUSH_URL", gateway.URL)
	t.Setenv("IMPORT_METRICS_PUSH_USER", "batch")
	t.Setenv("IMPORT_METRICS_PUSH_PASSWORD", "secret")
	t.Setenv("IMPORT_HTTP_ADDR", "127.0.0.1:0")
	x := apptest.New(t, graceful.Name("import"), prometheus.Module).Start()
	if report := x.Stop(); report.Code != 0 {
		t.Errorf("got %v, want a clean stop", report)
	}
	got := <-pushed
	auth := "Basic " + base64.StdEncoding.EncodeToString([]byte("batch:secret"))
	if got.method != http.MethodPut || got.path != "/metrics/job/import" || got.auth != auth || !strings.Contains(got.body, "graceful_generation") {
		t.Errorf("got %+.200v, want the metrics of the job", got)
	}
}

func TestAPushThatIsNotAnsweredHoldsUpNoStop(t *testing.T) {
	release := make(chan struct{})
	gateway := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer gateway.Close()
	defer close(release)
	t.Setenv("APP_METRICS_PUSH_URL", gateway.URL)
	t.Setenv("APP_METRICS_PUSH_TIMEOUT", "50ms")
	var said []app.Note
	x := apptest.New(t, prometheus.Module, fx.Invoke(func(a *app.App) {
		a.Observe(func(e app.Event) {
			if n, ok := e.(app.Noted); ok && n.Note.Text == "metrics were not pushed" {
				said = append(said, n.Note)
			}
		})
	})).Start()
	report := x.Stop()
	if report.Code != 0 || len(report.Abandoned()) != 0 || report.Down > 10*time.Second {
		t.Errorf("got %v, want a clean stop, soon", report)
	}
	if len(said) != 1 || !strings.Contains(said[0].Err.Error(), "metrics.push.timeout of 50ms") {
		t.Errorf("got %v, want a note that names the setting", said)
	}
}

func TestConfigOfAPushIsChecked(t *testing.T) {
	for url, want := range map[string]string{
		"pushgateway:9091":                  "no URL",
		"http://user:secret@127.0.0.1:9091": "push.user",
	} {
		c := prometheus.DefaultConfig()
		c.Push.URL = url
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want it refused with %q, without the password", url, err, want)
		}
	}
}
