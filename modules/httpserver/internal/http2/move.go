package http2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// HTTP/2 connections that may move do not go to net/http's server for TLS, which
// would send a GOAWAY below them when they leave. Its work is done here: the
// context, the hooks and the inner server.

// CanMove returns why HTTP/2 connections cannot move, or nil if they can.
func (h2 *HTTP2) CanMove() error {
	if !h2.own || !h2.twoStep {
		return errors.New("HTTP/2 is not served as two_step_goaway does")
	}
	return moves()
}

// Serve serves an HTTP/2 connection through session, and blocks until it ends or
// leaves. below is the connection below TLS, which is in the Set; on is the address
// of the listener. from is not nil for a connection that has begun in another
// process.
func (h2 *HTTP2) Serve(session tlsmove.Session, below net.Conn, on net.Addr, from *h2move.State) {
	in := h2.latest.Load()
	state := session.ConnectionState()
	if !strongEnough(&state, in.hs) {
		_, _ = session.Write(h2frame.Refuse(h2frame.InadequateSecurity))
		_ = session.Close()
		in.hs.ConnState(below, http.StateClosed)
		return
	}
	t := conns.Of(below)
	var shown net.Conn = session
	if c, ok := session.(*tlsmove.Tapped); ok {
		shown = c.TLS()
	}
	ctx, cancel := context.WithCancel(in.hs.BaseContext(address{addr: on}))
	defer cancel()
	ctx = context.WithValue(ctx, http.ServerContextKey, in.hs)
	ctx = in.hs.ConnContext(ctx, shown)
	t.SetContext(context.WithValue(ctx, http.LocalAddrContextKey, session.LocalAddr()))
	in.hs.ConnState(shown, http.StateNew)

	movable := h2move.New(session, from)
	nc := newInnerConn(movable, t, in.hs.Handler)
	nc.tls = &state
	in.become(t, nc)
	h2.set.MayMove(below, session, movable, encoderTable(in.hs))
	if from == nil {
		_ = movable.SetReadDeadline(time.Now().Add(prefaceTimeout))
	}
	in.serve(nc)
	in.hs.ConnState(shown, http.StateClosed)
}

// address is the listener of a connection that no listener has accepted.
type address struct {
	net.Listener
	addr net.Addr
}

// Addr implements net.Listener.
func (a address) Addr() net.Addr { return a.addr }

// Acceptable returns an error for a connection whose client has other settings than
// those of this server, which would take effect too late.
func (h2 *HTTP2) Acceptable(s *h2move.State) error {
	own, err := h2.Announced()
	if err != nil {
		return err
	}
	if !bytes.Equal(own, s.Announced) {
		return fmt.Errorf("this server has other settings of HTTP/2 than the old one: %x, not %x", own, s.Announced)
	}
	return nil
}

// Announced returns the first SETTINGS of the server that accepts, and the table
// size of its encoder, which no client gets.
func (h2 *HTTP2) Announced() ([]byte, error) {
	in := h2.latest.Load()
	in.once.Do(func() { in.announced, in.err = announces(in.hs) })
	return in.announced, in.err
}
