package admin

import (
	"crypto/rand"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin/internal/page"
)

// Proxy returns a handler that passes on the requests of a browser, which cannot
// connect to a socket, and the token without which the handler answers only the
// page itself. Serve it on a loopback address, as a user who may use the socket:
// changes through it are logged with that user. With look, nothing can be changed
// through it.
//
// The page is that of this program, with its policy, and nothing else that is
// passed on can run in a browser: the process at the other end may be another
// version later, and must never belong to another user, see [Find].
//
// Proxy goes on through upgrades and restarts of the process.
func (c *Client) Proxy(look bool) (h http.Handler, secret string) {
	t := &token{text: rand.Text()}
	to, _ := url.Parse(c.base) // made by newClient
	api := &httputil.ReverseProxy{
		Transport: c.http.Transport,
		ErrorLog:  log.New(io.Discard, "", 0), // it logs pages that were closed
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			// The guard here has checked them; they are not for the guard of the
			// process.
			for _, name := range []string{"Authorization", "Cookie", "Origin", "Referer", "Sec-Fetch-Site"} {
				r.Out.Header.Del(name)
			}
			if c.token != "" {
				r.Out.Header.Set("Authorization", "Bearer "+c.token)
			}
			if look {
				r.Out.Header.Set(lookOnly, "1")
			}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			refuse(w, http.StatusBadGateway, errors.New("the process does not answer"))
		},
		ModifyResponse: func(resp *http.Response) error {
			resp.Header.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
			resp.Header.Set("X-Content-Type-Options", "nosniff")
			return nil
		},
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", page.New())
	mux.Handle("/", api)
	return newGuard(func(app.Note) {}, t, members{}, mux), t.text
}
