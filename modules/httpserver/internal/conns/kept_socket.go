package conns

import (
	"bufio"
	"net"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/keptcount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// Hijack returns the connection that the handler of a kept WebSocket gets in place
// of nc, which net/http has released with the buffer read, or a handler that speaks
// HTTP/2 on it. It returns nil for others.
func Hijack(nc net.Conn, read *bufio.Reader) net.Conn {
	t := Of(nc)
	if t != nil && t.begins != noHTTP2 {
		return t.hijackHTTP2(read)
	}
	if t == nil || t.kept == nil || !t.kept.socket {
		return nil
	}
	k := t.kept
	rest := append(buffered(read), t.replay...)
	t.replay = nil
	on := stream.Events{Arrive: k.arrive, Move: k.tell, Closing: k.closing, End: k.end}
	if t.session != nil {
		on.Pending = t.session.Pending
	}
	ws := stream.NewWebSocket(t.raw, rest, *t.head, on)
	k.mu.Lock()
	k.ws = ws
	k.mu.Unlock()
	if k.set.takesKept() != nil && !t.stays.Load() {
		ws.Go()
	}
	return ws
}

// arrive is called by the first Read of a WebSocket.
func (k *Kept) arrive(hold <-chan struct{}) {
	if a := k.arrived; a != nil {
		a.arrive()
		if a.barrier != nil && !a.late {
			a.barrier.Wait(hold)
		}
		k.set.kept.count.Resumed(a.record)
	}
}

// Leave ends the work of the handler here. A WebSocket that is to move leaves at
// once, any other response when its handler has returned. Leave blocks while a
// write of a WebSocket is under way.
func (k *Kept) Leave(state []byte) {
	if ws := k.conn(); k.leaves(state) && ws != nil {
		k.leaveSocket(ws)
	}
}

// leaves stores the state of the first call. It returns false if the connection is
// not to leave, cannot, or has already left.
func (k *Kept) leaves(state []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.told || k.left || k.over || k.refused {
		return false
	}
	if len(state) > stream.MaxState {
		k.refused = true
		k.why = keptcount.State
		k.set.StateTooLong(len(state))
		return false
	}
	k.left, k.state = true, append([]byte(nil), state...)
	return true
}

// closing is called when a WebSocket that is to move is closed. It reports whether
// the connection has left.
func (k *Kept) closing() bool {
	k.mu.Lock()
	ws, save, left := k.ws, k.save, k.left
	k.save = nil
	k.mu.Unlock()
	if !left {
		left = k.leaves(k.stateOf(save))
	}
	return left && k.leaveSocket(ws)
}

// stateOf returns what save returns, nil without it. A WebSocket whose save panics
// does not leave.
func (k *Kept) stateOf(save func() []byte) (state []byte) {
	if save == nil {
		return nil
	}
	returned := false
	defer func() {
		if !returned {
			k.failed()
		}
	}()
	state = save()
	returned = true
	return state
}

// leaveSocket hands a WebSocket over if it is between two messages.
func (k *Kept) leaveSocket(ws *stream.WebSocket) bool {
	rest, print, ok := ws.Leave(k.export)
	if !ok {
		if ws.Stand() != stream.Final { // a final one ends by itself
			k.stays(keptcount.InMessage)
		}
		return false
	}
	k.set.handOver(k, stream.Socket, print, rest)
	return true
}
