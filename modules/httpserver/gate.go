package httpserver

import (
	"net/http"
	"runtime/debug"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/respwriter"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
)

// gate wraps the application's handler. It asks clients to leave while the server
// drains, and on a panic it reports it and cuts the response. Everything else
// passes unchanged, so that a handler sees net/http itself.
type gate struct {
	next     http.Handler
	set      *conns.Set
	requests *requests
	answered *atomic.Int64 // requests that ended while draining
	panicked func(r *http.Request, v any, stack []byte)

	aboveTLS      bool // our HTTP/1 connections are above TLS
	http2ByHeader bool // HTTP/2 is net/http's: on Connection: close it sends GOAWAY
}

// mustLeave reports whether the response to r says goodbye by its header. While
// connections move to a successor, HTTP/1 connections stay open; one that cannot
// move says goodbye itself.
func (g *gate) mustLeave(r *http.Request) bool {
	if r.ProtoMajor == 1 {
		return r.TLS != nil && !g.aboveTLS || !g.set.Moving()
	}
	return g.http2ByHeader
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	say := func() {}
	if g.set.Leaving() && g.mustLeave(r) || g.set.Outlived(r) {
		w, say = g.sayGoodbye(w, r)
	}
	inner, watched := r, (*stall.Body)(nil)
	if r.ContentLength != 0 {
		inner, watched = g.set.WatchBody(w, r)
	}
	noted := g.requests.begin(r, g.set.Now())
	if mayTakeOver(r) {
		w = respwriter.RawHijack(w, noted.hide)
	}
	returned := false
	defer func() {
		g.requests.end(noted)
		if watched != nil {
			g.set.ForgetBody(watched)
			r.MultipartForm = inner.MultipartForm // net/http removes its files
		}
		if g.set.Draining() {
			g.answered.Add(1)
		}
		if g.set.Kept() {
			g.set.Returned(w, r, !returned)
		}
		if !returned {
			g.cut(inner, recover())
		}
		say()
	}()
	g.next.ServeHTTP(w, inner)
	returned = true
}

// mayTakeOver reports whether the handler may take over the connection of r so that
// its writer has to know of it.
func mayTakeOver(r *http.Request) bool {
	takes, http2 := respwriter.TakesOver(r)
	return takes || http2 && conns.OffersHTTP2(r) || conns.BeginsHTTP2(r)
}

// sayGoodbye returns a writer that says goodbye, and say, which does so if the
// handler has written nothing. For HTTP/1.1 without TLS the connection says it, so
// that the writer stays net/http's.
func (g *gate) sayGoodbye(w http.ResponseWriter, r *http.Request) (_ http.ResponseWriter, say func()) {
	if r.TLS == nil && r.ProtoMajor == 1 && r.ProtoMinor >= 1 {
		return w, func() {}
	}
	return respwriter.Leaving(w)
}

// cut reports that the handler panicked with v, once, and cuts the connection, or
// the stream of HTTP/2, as net/http would: what has been written cannot be taken
// back, and nothing that net/http documents says whether anything has. v is nil
// after a panic with nil, which GODEBUG allows, or runtime.Goexit.
func (g *gate) cut(r *http.Request, v any) {
	if v != nil && v != http.ErrAbortHandler {
		g.panicked(r, v, debug.Stack())
	}
	panic(http.ErrAbortHandler)
}
