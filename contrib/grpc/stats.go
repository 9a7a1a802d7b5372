package grpcserver

import (
	"context"
	"time"

	"google.golang.org/grpc/stats"
)

// watcher sees each call first: before chained interceptors run, grpc-go reads
// messages and runs an interceptor set with grpc.UnaryInterceptor.
type watcher struct{ calls *Calls }

var _ stats.Handler = watcher{}

func (w watcher) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	ctx, cancel := context.WithCancelCause(w.calls.app.Wiring().WithDraining(ctx))
	return context.WithValue(ctx, callKey{}, &call{method: info.FullMethodName, began: time.Now(), cancel: cancel})
}

// HandleRPC treats Begin, not TagRPC, as the beginning of a call: an unknown method
// has neither Begin nor End.
func (w watcher) HandleRPC(ctx context.Context, s stats.RPCStats) {
	switch s.(type) {
	case *stats.Begin:
		w.calls.begun.Add(1)
		w.calls.use(callOf(ctx))
	case *stats.End:
		x := callOf(ctx)
		w.calls.release(x)
		x.cancel(nil)
	}
}

func (w watcher) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	w.calls.watching.Store(true)
	return ctx
}

func (w watcher) HandleConn(context.Context, stats.ConnStats) {}
