package http2

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
)

// HTTP/2 relies only on what net/http documents. That it holds is not taken for
// granted: before the first server serves, a real request is answered both ways.

// Possible reports whether net/http allows our part of HTTP/2. It tries that once
// for a process.
var Possible = sync.OnceValue(func() bool {
	return answersHTTP2(tryBehindTLS) && answersHTTP2(tryInPlace)
})

// trialTimeout bounds a trial that gets no answer.
const trialTimeout = 2 * time.Second

// trial is a server that serves one HTTP/2 connection.
type trial struct {
	set *conns.Set
	end func() // closes the server, and waits for its end
}

// answersHTTP2 reports whether a request on a connection of serve is answered, and
// whether the client is then asked to leave in two steps.
func answersHTTP2(serve func(net.Conn) trial) bool {
	client, server := net.Pipe()
	t := serve(server)
	defer t.end()
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(trialTimeout))
	go func() { // the pipe has no buffer
		_, _ = io.WriteString(client, h2frame.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+
			"\x00\x00\x09\x01\x05\x00\x00\x00\x01\x82\x86\x84\x01\x04test") // GET, http, /, authority
	}()
	if h2frame.ReadUntil(client, h2frame.Settings) != nil || h2frame.ReadUntil(client, h2frame.Headers) != nil {
		return false
	}
	t.set.Leave()
	return h2frame.ReadUntil(client, h2frame.GoAway) == nil
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func newTrialSet() *conns.Set { return conns.New(conns.Config{AskHTTP2: func() {}}) }

// tryBehindTLS serves nc like a connection behind TLS.
func tryBehindTLS(nc net.Conn) trial {
	set := newTrialSet()
	t := conns.Of(set.Add(nc, conns.Options{BelowTLS: true}))
	t.SetContext(context.Background())
	inner := newInnerConn(nc, t, http.HandlerFunc(noContent))
	set.BecomeHTTP2(t, inner.HTTP2Conn.Conn, true)
	hs := (&HTTP2{set: set}).newInner(&http.Server{ConnState: set.Note})
	return trial{set, serveOne(hs, inner, inner.closed)}
}

// tryInPlace serves nc like a connection without TLS.
func tryInPlace(nc net.Conn) trial {
	set := newTrialSet()
	set.ExpectPreface(true, true)
	hs := &http.Server{Handler: http.HandlerFunc(noContent), ConnState: set.Note, Protocols: new(http.Protocols)}
	hs.Protocols.SetUnencryptedHTTP2(true)
	return trial{set, serveOne(hs, set.Add(nc, conns.Options{}), nil)}
}

// serveOne begins to serve nc. end closes the server and waits for its end.
func serveOne(hs *http.Server, nc net.Conn, closed <-chan struct{}) (end func()) {
	one := original.NewSingle(nc, closed)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = hs.Serve(one)
	}()
	return func() {
		_ = hs.Close()
		<-served
	}
}
