package httpserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// HTTP/2 leans on nothing but what net/http documents. Whether all that is so is not
// taken for granted: a real request is answered both ways before the first server serves.

// http2Possible reports, once for a process, whether net/http lets us do our part.
var http2Possible = sync.OnceValue(func() bool {
	return speaksHTTP2(checkBehindTLS) && speaksHTTP2(checkInPlace)
})

// checkTimeout bounds a check that gets no answer.
const checkTimeout = 2 * time.Second

// speaksHTTP2 reports whether a request on a connection that serve serves is answered,
// and whether the client is asked to leave in two steps then.
func speaksHTTP2(serve func(net.Conn) (goodbye func() *goAwayConn, end func())) bool {
	client, server := net.Pipe()
	goodbye, end := serve(server)
	defer end()
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(checkTimeout))
	go func() { // the pipe has no buffer
		_, _ = io.WriteString(client, clientPreface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+
			"\x00\x00\x09\x01\x05\x00\x00\x00\x01\x82\x86\x84\x01\x04test") // GET, http, /, authority
	}()
	if !hasFrame(client, frameSettings) || !hasFrame(client, frameHeaders) {
		return false
	}
	g := goodbye()
	if g == nil {
		return false
	}
	g.tell()
	return hasFrame(client, frameGoAway)
}

// hasFrame reads frames until one of the kind has come.
func hasFrame(r io.Reader, kind byte) bool {
	for {
		var f frames
		head := make([]byte, len(f.head))
		if _, err := io.ReadFull(r, head); err != nil {
			return false
		}
		f.feed(head, func() {})
		if _, err := io.CopyN(io.Discard, r, int64(f.left)); err != nil {
			return false
		}
		if f.kind() == kind {
			return true
		}
	}
}

func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// checkBehindTLS serves nc as a connection behind TLS is served.
func checkBehindTLS(nc net.Conn) (goodbye func() *goAwayConn, end func()) {
	conns := newConnSet()
	l := &life{raw: nc, conns: conns}
	b := &behind{
		goAwayConn: &goAwayConn{Conn: nc, life: l},
		handler:    http.HandlerFunc(noContent), ctx: context.Background(), closed: make(chan struct{}),
	}
	conns.becomeHTTP2(l, b.goAwayConn)
	twin := (&http2{conns: conns}).twin(&http.Server{ConnState: conns.note})
	return func() *goAwayConn { return b.goAwayConn }, serveOne(twin, b, b.closed)
}

// checkInPlace serves nc as a connection without TLS is served.
func checkInPlace(nc net.Conn) (goodbye func() *goAwayConn, end func()) {
	conns := newConnSet()
	conns.preface, conns.twoStep = true, true
	hs := &http.Server{Handler: http.HandlerFunc(noContent), ConnState: conns.note, Protocols: new(http.Protocols)}
	hs.Protocols.SetUnencryptedHTTP2(true)
	c := conns.add(nc, false)
	return func() *goAwayConn {
		conns.mu.Lock()
		defer conns.mu.Unlock()
		return lifeOf(c).goodbye
	}, serveOne(hs, c, nil)
}

// serveOne begins to serve nc. end closes the server and waits for that.
func serveOne(hs *http.Server, nc net.Conn, closed <-chan struct{}) (end func()) {
	one := newSingle(nc, closed)
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
