package httpserver

import (
	"context"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// OnDrain is for a handler that serves its client for long: a WebSocket, another
// connection that it has taken over, a stream. When the server begins to drain,
// notify is called once, on a new goroutine, to end that. The drain waits until
// done is called; shortly before its end the contexts of requests are cancelled,
// and connections that are still open at the end are cut. The usual form is
//
//	defer httpserver.OnDrain(r.Context(), func() { httpserver.GoingAway(ws) })()
//
// ctx is the context of a request, or derived from it. For a request that is not
// from a Server of this package notify is never called. Where a channel suits
// better than a call, use app.Draining. OnDrain does not block. done may be called
// more than once.
func OnDrain(ctx context.Context, notify func()) (done func()) {
	return conns.AddWaiter(ctx, notify)
}
