package graceful_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
)

// Any fx application: graceful.Module among its options, and ordinary hooks.
func Example() {
	for name, value := range map[string]string{"SHOP_HTTP_ADDR": "127.0.0.1:0", "SHOP_LOG_LEVEL": "error", "SHOP_ADMIN_ADDR": "off"} {
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}

	var a *app.App
	shop := fx.New(fx.NopLogger,
		graceful.Name("shop"),
		graceful.Module,
		fx.Provide(func() http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
		}),
		fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StartStopHook(func() { fmt.Println("database opened") }, func() { fmt.Println("database closed") }))
		}),
		fx.Populate(&a),
	)
	ctx := context.Background()
	if err := shop.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.State(), get(a, "/"), get(a, "/readyz"))
	fmt.Println(shop.Stop(ctx), a.State())
	// Output:
	// database opened
	// ready hello ready
	// database closed
	// <nil> stopped
}

// get sends a request to the server named http.
func get(a *app.App, path string) string {
	for _, at := range a.Addresses() {
		if at.Server != "http" {
			continue
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		res, err := client.Get("http://" + at.Addr + path)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return string(body[:min(len(body), 5)])
	}
	return "no server"
}
