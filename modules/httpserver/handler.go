package httpserver

import (
	"net/http"
	"sync/atomic"
)

// gate stands before the application's handler. It asks clients to leave while the server drains and keeps a panic
// from being the connection's problem. Everything else passes untouched, so that a handler sees net/http itself.
type gate struct {
	next     http.Handler
	conns    *connSet
	answered *atomic.Int64 // requests that ended while draining
	panicked func(r *http.Request, v any, stack []byte)

	http2ByHeader bool // HTTP/2 is not ours: it takes Connection: close for a reason to send GOAWAY
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.conns.leaving.Load() {
		if _, upgrade := r.Header["Upgrade"]; !upgrade && (r.ProtoMajor == 1 || g.http2ByHeader) {
			w.Header().Set("Connection", "close")
		}
	}
	inner, body := g.conns.watchBody(w, r)
	defer func() {
		if body != nil {
			g.conns.forgetBody(body)
			r.MultipartForm = inner.MultipartForm // net/http removes its files
		}
		if g.conns.draining.Load() {
			g.answered.Add(1)
		}
		if v := recover(); v != nil {
			g.recovered(w, inner, v)
		}
	}()
	if _, upgrade := r.Header["Upgrade"]; upgrade || r.Method == http.MethodConnect {
		w = rawHijack(w)
	}
	g.next.ServeHTTP(w, inner)
}
