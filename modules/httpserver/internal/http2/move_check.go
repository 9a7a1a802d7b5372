package http2

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
)

// What h2move relies on is tried before the first connection may move: net/http
// answers a client that empties its table and, begun afresh with the opening of
// h2move, a client that goes on with the next stream.

// moves returns why that does not hold, or nil. It tries it once for a process.
var moves = sync.OnceValue(tryMove)

// tryMove moves a connection in memory once, between two requests.
func tryMove() error {
	client, server := net.Pipe()
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(trialTimeout))
	hs := &http.Server{Handler: http.HandlerFunc(noContent)}

	state := make(chan *h2move.State, 1)
	old, end := serveTrial(hs, server, nil)
	defer end()
	go func() {
		_, _ = io.WriteString(client, h2frame.Preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+trialRequest(1))
	}()
	if err := expect(client, h2frame.Settings, h2frame.Headers); err != nil {
		return err
	}
	go func() { _, _ = client.Write(h2frame.AppendHead(nil, 0, h2frame.Settings, h2frame.FlagAck, 0)) }()
	old.Begin(func(s *h2move.State, _ bool) h2move.Decision { state <- s; return h2move.Leaves })
	if err := expect(client, h2frame.Settings); err != nil {
		return err
	}
	go func() { _, _ = client.Write(h2frame.AppendHead(nil, 0, h2frame.Settings, h2frame.FlagAck, 0)) }()
	select {
	case s := <-state:
		end()
		_, end := serveTrial(hs, server, s)
		defer end()
		go func() {
			_, _ = client.Write(append(h2frame.AppendHead(nil, 0, h2frame.Settings, h2frame.FlagAck, 0), trialRequest(3)...))
		}()
		return expect(client, h2frame.Settings, h2frame.Headers)
	case <-time.After(trialTimeout):
		return errors.New("an HTTP/2 connection does not leave")
	}
}

// trialRequest is a GET whose header block needs no table.
func trialRequest(stream byte) string {
	return "\x00\x00\x09\x01\x05\x00\x00\x00" + string(stream) + "\x82\x86\x84\x01\x04test"
}

// expect reads frames until each of the types has come, in this order.
func expect(r io.Reader, types ...byte) error {
	for _, typ := range types {
		if err := h2frame.ReadUntil(r, typ); err != nil {
			return fmt.Errorf("a trial of HTTP/2 waits for a frame of type %d: %w", typ, err)
		}
	}
	return nil
}

// serveTrial serves nc. If the connection has left, nc stays open when end is
// called.
func serveTrial(hs *http.Server, nc net.Conn, from *h2move.State) (c *h2move.Conn, end func()) {
	set := newTrialSet()
	t := conns.Of(set.Add(nc, conns.Options{BelowTLS: true}))
	t.SetContext(context.Background())
	c = h2move.New(nc, from)
	inner := newInnerConn(c, t, hs.Handler)
	set.BecomeHTTP2(t, inner.HTTP2Conn.Conn, true)
	server := (&HTTP2{set: set}).newInner(&http.Server{ConnState: set.Note})
	return c, sync.OnceFunc(serveOne(server, inner, inner.closed))
}

// announces returns the first SETTINGS of a server like hs.
func announces(hs *http.Server) ([]byte, error) {
	client, server := net.Pipe()
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(trialTimeout))
	hs = original.Copy(hs)
	hs.ConnState = func(net.Conn, http.ConnState) {}
	set := newTrialSet()
	t := conns.Of(set.Add(server, conns.Options{BelowTLS: true}))
	t.SetContext(context.Background())
	inner := newInnerConn(server, t, http.HandlerFunc(noContent))
	defer serveOne((&HTTP2{set: set}).newInner(hs), inner, inner.closed)()
	go func() { _, _ = io.WriteString(client, h2frame.Preface) }()
	p, payload, err := h2frame.Read(client)
	if err == nil && p.Type() != h2frame.Settings {
		err = errors.New("the HTTP/2 server does not begin with SETTINGS")
	}
	return append(bytes.Clone(payload), encoderTable(hs)...), err
}

// encoderTable is the size that the application has given to the table of our
// encoder, as a setting that no client gets.
func encoderTable(hs *http.Server) []byte {
	if hs.HTTP2 == nil {
		return make([]byte, 6)
	}
	return binary.BigEndian.AppendUint32(make([]byte, 2), uint32(hs.HTTP2.MaxEncoderHeaderTableSize))
}
