package httpserver

import (
	"context"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// OnDrain is for a handler that holds on to its client for long: a WebSocket,
// another connection that it has taken over, a stream. When the server begins to
// drain, notify is called once, on a new goroutine, to bring that to an end; the
// drain waits until done is called, the contexts of requests are cancelled when it
// gets late, and connections that are still open at the end are cut. The usual form
// is
//
//	defer httpserver.OnDrain(r.Context(), func() { httpserver.GoingAway(ws) })()
//
// ctx is that of a request, or made from it. With one that is not from a Server of
// this package notify is never called. Where a channel suits better than a call,
// use app.Draining. done may be called more than once.
func OnDrain(ctx context.Context, notify func()) (done func()) {
	return conns.AddWaiter(ctx, notify)
}
