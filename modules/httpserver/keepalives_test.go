package httpserver

import (
	"io"
	"net/http"
	"testing"
)

// The server that net/http documents to obey is the application's; those that serve
// are copies, and HTTP/2 through TLS has another one behind them.
func TestDisabledKeepAlivesEndConnections(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			opt, _ := withTLS(t, "test")
			r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) }), opt)
			c := secure(proto)
			defer c.CloseIdleConnections()
			from := func() string {
				res, err := c.Get("https://" + r.addr)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				addr, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				return string(addr)
			}
			differs := func() bool {
				first := from()
				return from() != first
			}
			if differs() {
				t.Fatal("connections are not kept at all")
			}
			r.server.http.SetKeepAlivesEnabled(false)
			await(t, "a new connection for a request", differs)
			r.server.replaceServer(func(hs *http.Server) { hs.IdleTimeout *= 2 })
			await(t, "the same after a reload", differs)
		})
	}
}
