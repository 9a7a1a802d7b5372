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

// mustLeave tells whether the response to r says goodbye. While connections move to a successor, those of plain HTTP/1
// need not leave; the few of them which cannot move are told by their connection, see farewell.
func (g *gate) mustLeave(r *http.Request) bool {
	if r.ProtoMajor == 1 {
		return r.TLS != nil || g.conns.move.Load() == nil
	}
	return g.http2ByHeader
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.conns.leaving.Load() {
		if _, upgrade := r.Header["Upgrade"]; !upgrade && g.mustLeave(r) {
			w.Header().Set("Connection", "close")
		}
	}
	inner, watched := r, (*body)(nil)
	if r.ContentLength != 0 {
		inner, watched = g.conns.watchBody(w, r)
	}
	_, upgrade := r.Header["Upgrade"]
	takeOver := upgrade || r.Method == http.MethodConnect
	var flight *inFlight
	if takeOver {
		w = rawHijack(w)
	} else {
		flight = g.conns.flights.begin(r, g.conns.now())
	}
	defer func() {
		if flight != nil {
			g.conns.flights.land(flight)
		}
		if watched != nil {
			g.conns.forgetBody(watched)
			r.MultipartForm = inner.MultipartForm // net/http removes its files
		}
		if g.conns.draining.Load() {
			g.answered.Add(1)
		}
		if v := recover(); v != nil {
			g.recovered(w, inner, v)
		}
	}()
	g.next.ServeHTTP(w, inner)
}
