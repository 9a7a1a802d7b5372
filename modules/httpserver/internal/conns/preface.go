package conns

import (
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// noPreface is the state of a connection on which no preface of HTTP/2 is awaited.
const noPreface = -1

// lookForPreface is given what the client sends, as net/http reads it, until it is
// known to speak HTTP/2 without TLS or not. net/http reads the preface and no byte
// more; where it does not, frames cannot be followed from there on, and the goodbye
// is net/http's.
func (t *Tracked) lookForPreface(p []byte) {
	if t.preface == noPreface || len(p) == 0 {
		return
	}
	rest := h2frame.Preface[t.preface:]
	n := min(len(p), len(rest))
	switch {
	case string(p[:n]) != rest[:n]:
		t.preface = noPreface
	case n < len(rest):
		t.preface += int8(n)
	default:
		t.preface = noPreface
		if t.set.http2.followed && n == len(p) {
			t.inPlace = h2conn.Follow(t.raw, t.client())
		}
		t.set.BecomeHTTP2(t, t.inPlace, t.set.http2.twoStep)
	}
}
