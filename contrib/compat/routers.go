package compat

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
	"go.uber.org/fx"
)

// snippet: chi
func newChi() *chi.Mux {
	r := chi.NewRouter()
	r.Get("/todos/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(chi.URLParam(r, "id")))
	})
	return r
}

var withChi = fx.Provide(fx.Annotate(newChi, fx.As(fx.Self()), fx.As(new(http.Handler))))

// end

// snippet: gin
func newGin() *gin.Engine {
	g := gin.New()
	g.Use(gin.Recovery())
	g.GET("/todos/:id", func(c *gin.Context) { c.String(http.StatusOK, c.Param("id")) })
	return g // not g.Run, which would listen by itself
}

var withGin = fx.Provide(fx.Annotate(newGin, fx.As(fx.Self()), fx.As(new(http.Handler))))

// end

// snippet: echo
func newEcho() *echo.Echo {
	e := echo.New()
	e.GET("/todos/:id", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
	return e // not e.Start, which would listen by itself
}

var withEcho = fx.Provide(fx.Annotate(newEcho, fx.As(fx.Self()), fx.As(new(http.Handler))))

// end

// snippet: own-router
// API is the application's own type: what has ServeHTTP is an http.Handler.
type API struct{ mux *http.ServeMux }

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

func newAPI() *API {
	a := &API{mux: http.NewServeMux()}
	a.mux.HandleFunc("GET /todos/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.PathValue("id"))) })
	return a
}

var withAPI = fx.Provide(fx.Annotate(newAPI, fx.As(fx.Self()), fx.As(new(http.Handler))))

// end
