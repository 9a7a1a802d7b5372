package compat

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
)

// snippet: chi
func newChi() http.Handler {
	r := chi.NewRouter()
	r.Get("/todos/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(chi.URLParam(r, "id")))
	})
	return r
}

// end

// snippet: gin
func newGin() http.Handler {
	g := gin.New()
	g.Use(gin.Recovery())
	g.GET("/todos/:id", func(c *gin.Context) { c.String(http.StatusOK, c.Param("id")) })
	return g // not g.Run, which would listen by itself
}

// end

// snippet: echo
func newEcho() http.Handler {
	e := echo.New()
	e.GET("/todos/:id", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
	return e // not e.Start, which would listen by itself
}

// end
