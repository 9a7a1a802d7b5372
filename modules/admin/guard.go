package admin

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// guard checks each request before it gets an answer:
//
//   - the peer is the user of the process, root or in a permitted group (socket),
//     or has the token (port), and may do what it requests;
//   - the Host is this machine's loopback, whatever a name resolves to, also behind
//     a tunnel to the socket;
//   - a browser sends it for the page of this server and not for another.
//
// Refusals are counted, and logged once a second at most, like requests that are
// refused because an operation is running.
type guard struct {
	notify  func(app.Note)
	token   *token // nil behind a socket
	members members
	shows   func(command string) bool // it only shows something; nil: none does
	next    http.Handler
	cross   *http.CrossOriginProtection

	refused atomic.Int64 // requests without permission
	bad     atomic.Int64 // requests with permission that were refused

	mu       sync.Mutex // guards everything below
	unlogged int64
	loggedAt time.Time
}

func newGuard(notify func(app.Note), t *token, m members, next http.Handler) *guard {
	return &guard{notify: notify, token: t, members: m, next: next, cross: http.NewCrossOriginProtection()}
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	may, status, err := g.check(r)
	if err != nil {
		if status == http.StatusUnauthorized {
			h.Set("WWW-Authenticate", `Bearer realm="admin"`)
		}
		g.refused.Add(1)
		if _, err := g.members.of(peerOf(r.Context())); err != nil {
			h.Set("Connection", "close") // a peer without permission keeps none open
		}
		g.note(r, err)
		refuse(w, status, err)
		return
	}
	g.next.ServeHTTP(&counted{w, &g.bad}, r.WithContext(context.WithValue(r.Context(), accessKey{}, may)))
}

// counted counts responses to mistakes of the client.
type counted struct {
	http.ResponseWriter
	bad *atomic.Int64
}

func (c *counted) WriteHeader(status int) {
	if status >= 400 && status < 500 {
		c.bad.Add(1)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (g *guard) check(r *http.Request) (may access, status int, err error) {
	may, err = g.members.of(peerOf(r.Context()))
	if err != nil {
		return noAccess, http.StatusForbidden, err
	}
	if r.Header.Get(lookOnly) != "" {
		may = min(may, mayLook)
	}
	if !loopbackHost(r.Host) {
		return noAccess, http.StatusForbidden, fmt.Errorf("host %q is not this machine's loopback: use localhost or 127.0.0.1", r.Host)
	}
	if public(r.URL.Path) {
		return may, 0, nil
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return noAccess, http.StatusForbidden, fmt.Errorf("the request comes from a page of another origin (%s)", site)
	}
	if err := g.cross.Check(r); err != nil {
		return noAccess, http.StatusForbidden, err
	}
	if g.token != nil && !g.token.matches(r.Header.Get("Authorization")) {
		return noAccess, http.StatusUnauthorized, fmt.Errorf("missing or wrong token: send Authorization: Bearer with %s", g.token)
	}
	if err := may.permit(r, g.shows); err != nil {
		return noAccess, http.StatusForbidden, err
	}
	return may, 0, nil
}

// public reports whether path shows only up or down, or the page without its data.
func public(path string) bool {
	return path == "/" || path == "/livez" || path == "/readyz" || path == "/startupz"
}

// loopbackHost accepts any port, since a tunnel may begin at another. The host is
// empty for a client that speaks HTTP/1.0 to a socket.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	switch host {
	case "", "localhost", clientHost:
		return true
	}
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// note logs a refusal, unless one was logged within the last second.
func (g *guard) note(r *http.Request, err error) {
	g.mu.Lock()
	g.unlogged++
	now, more := time.Now(), g.unlogged-1
	due := now.Sub(g.loggedAt) >= time.Second
	if due {
		g.loggedAt, g.unlogged = now, 0
	}
	g.mu.Unlock()
	if !due {
		return
	}
	g.notify(app.Note{Level: slog.LevelWarn, Text: "admin request refused", Err: err, Attrs: []slog.Attr{
		slog.String("by", peerOf(r.Context()).String()), slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int64("more", more),
	}})
}
