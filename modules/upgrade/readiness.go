package upgrade

import (
	"bytes"
	"net/http"
	"net/url"

	"github.com/gracefulfx/graceful/app"
)

// readinessOf asks a what a load balancer would.
func readinessOf(a *app.App) (ok bool, text string) {
	w := &answer{header: http.Header{}}
	a.ReadyHandler().ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/readyz"}})
	return w.status == http.StatusOK, oneLine(w.body.String())
}

type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header         { return w.header }
func (w *answer) WriteHeader(status int)      { w.status = status }
func (w *answer) Write(b []byte) (int, error) { return w.body.Write(b) }
