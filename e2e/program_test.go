//go:build unix

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// canary is a secret that must not be seen anywhere; markup is text that must
// stay text.
const (
	canary = "canary-5b1e"
	markup = `<img src=x onerror="console.error('markup')">`
)

// The test binary is also the program under test.
func TestMain(m *testing.M) {
	if os.Getenv("E2E_SHOP") != "" {
		cli.Main("shop", shop())
	}
	os.Exit(m.Run())
}

type shopConfig struct {
	Banner   string        `config:"banner" doc:"shown on the front page"`
	MaxItems int           `config:"max_items" doc:"how much fits into a basket"`
	Workers  int           `config:"workers" reload:"restart" doc:"how many mails are sent at a time"`
	Token    config.Secret `config:"token" doc:"for the payment provider"`
}

func (c *shopConfig) Validate() error {
	if c.MaxItems < 1 {
		return config.Invalid("max_items", "%d is not positive: nobody could buy anything", c.MaxItems)
	}
	return nil
}

// shop has everything that a page can show: slow hooks, a check that a file turns
// red, long requests.
func shop() fx.Option {
	return fx.Options(
		config.Section[shopConfig]("shop", config.Default(func() shopConfig {
			return shopConfig{Banner: "Everything must go", MaxItems: 20, Workers: 4}
		})),
		fx.Provide(routes, app.AsCheck(func(*app.App) app.Check {
			return app.Check{Name: "payment provider", Fn: func(context.Context) error {
				if text, err := os.ReadFile("red"); err == nil {
					return errors.New(string(text))
				}
				return nil
			}}
		})),
		fx.Invoke(func(a *app.App, lc fx.Lifecycle) {
			name := os.Getenv("E2E_HOOK")
			if name == "" {
				name = "search index"
			}
			a.Wiring().AddMetrics(func() []app.Metric { // as contrib/prometheus has them
				n := float64(time.Now().Unix()) * 10
				return []app.Metric{
					{Name: "http_latency_bucket_total", Labels: []string{"le", "0.005"}, Value: n / 2},
					{Name: "http_latency_bucket_total", Labels: []string{"le", "0.25"}, Value: n},
					{Name: "http_latency_bucket_total", Labels: []string{"le", "+Inf"}, Value: n},
					{Name: "http_latency_errors_total", Value: n / 10},
				}
			})
			a.Handle("restock", func(ctx context.Context, r app.Request) (app.Answer, error) {
				app.Progress(ctx, "counting")
				if r.Args["item"] == "" {
					return app.Answer{}, errors.New("say which item")
				}
				return app.Answer{Text: "ordered " + r.Args["item"], Detail: map[string]int{"boxes": 12}}, nil
			}, app.About("order what has run out", app.Arg{Name: "item", Text: "what to order"}))
			for _, h := range []struct {
				name     string
				up, down time.Duration
			}{{"orders database", 140 * time.Millisecond, 60 * time.Millisecond}, {"cache", 35 * time.Millisecond, 5 * time.Millisecond}, {name, 90 * time.Millisecond, 30 * time.Millisecond}} {
				a.Add(app.Hook{Name: h.name,
					OnStart: func(ctx context.Context) error { return took(ctx, h.up) },
					OnStop:  func(ctx context.Context) error { return took(ctx, h.down) },
				})
			}
		}),
	)
}

// took is the work of a hook, in the program under test.
func took(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// routes returns the routes of a shop in which a checkout lasts until the file
// "pay" is there.
func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.PathValue("id")) })
	mux.HandleFunc("GET /deliveries", deliveries)
	mux.HandleFunc("POST /orders/{id}/checkout", func(w http.ResponseWriter, r *http.Request) {
		for _, err := os.Stat("pay"); err != nil && r.Context().Err() == nil; _, err = os.Stat("pay") {
			_ = took(r.Context(), 10*time.Millisecond)
		}
		fmt.Fprintln(w, "paid")
	})
	return mux
}

// deliveries sends the generation that counts, until the client goes away, over
// upgrades as well; ?leave=no ends it at an upgrade.
func deliveries(w http.ResponseWriter, r *http.Request) {
	p := httpserver.Keep(r)
	generation, _ := strconv.Atoi(string(p.State()))
	generation++
	fmt.Fprintln(w, generation)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-p.Moving():
		if r.FormValue("leave") != "no" {
			p.Leave([]byte(strconv.Itoa(generation)))
		}
	case <-app.Draining(r.Context()):
	case <-r.Context().Done():
	}
}
