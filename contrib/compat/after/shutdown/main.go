// Shop answers requests with gin.
package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
)

func main() { cli.Main("shop", fx.Provide(newRouter)) }

func newRouter() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "open\n") })
	return router // not router.Run, which would listen by itself
}
