package compat

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

var routers = map[string]struct {
	served fx.Option
	by     any    // constructor by its own type
	typ    string // as fx prints it
}{
	"chi":             {withChi, newChi, "*chi.Mux"},
	"gin":             {withGin, newGin, "*gin.Engine"},
	"echo":            {withEcho, newEcho, "*echo.Echo"},
	"the app's own":   {withAPI, newAPI, "*compat.API"},
	"through another": {fx.Provide(newGin, func(g *gin.Engine) http.Handler { return g }), nil, ""},
}

func TestRoutersServe(t *testing.T) {
	for name, router := range routers {
		t.Run(name, func(t *testing.T) {
			x := apptest.New(t, router.served).Start()
			res, err := x.Client().Get(x.URL("http") + "/todos/7")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body, err := io.ReadAll(res.Body); string(body) != "7" || err != nil {
				t.Errorf("got %q and %v, want 7", body, err)
			}
		})
	}
}

// A router provided as its own type is not served; the log names the type, the
// constructor and what to write.
func TestRoutersByTheirOwnTypeAreNamed(t *testing.T) {
	for name, router := range routers {
		if router.by == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var warned []string
			apptest.New(t, fx.Provide(router.by), fx.Invoke(func(a *app.App) {
				a.Observe(func(e app.Event) {
					if n, ok := e.(app.Noted); ok {
						mu.Lock()
						defer mu.Unlock()
						warned = append(warned, n.Note.Level.String()+" "+n.Note.Text)
					}
				})
			})).Start()
			mu.Lock()
			defer mu.Unlock()
			text := strings.Join(warned, "\n")
			for _, want := range []string{"WARN nothing to serve", router.typ + " of new", "fx.As(new(http.Handler))"} {
				if !strings.Contains(text, want) {
					t.Errorf("got %q, want %q in it", text, want)
				}
			}
		})
	}
}

// Of two handlers one would be dropped silently.
func TestTwoHandlersAreAnErrorThatNamesBoth(t *testing.T) {
	for name, tt := range map[string]struct {
		opts  fx.Option
		names []string
	}{
		"a handler and a router": {fx.Provide(newGin, func() http.Handler { return http.NotFoundHandler() }), []string{"two handlers", "http.Handler of ", "*gin.Engine of newGin"}},
		"a mux and a router":     {fx.Provide(newChi, http.NewServeMux), []string{"two handlers", "*http.ServeMux of NewServeMux", "*chi.Mux of newChi"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := fx.New(fx.NopLogger, graceful.Module, tt.opts).Err()
			for _, want := range tt.names {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
}
