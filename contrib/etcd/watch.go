package etcd

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// watch watches a key without blocking. Watch of the client blocks for as long as
// its stream cannot be opened, as when etcd refuses a certificate, and then closes
// its channel late. The channel of this one is closed when the watch, or ctx, has
// ended.
func watch(ctx context.Context, c *clientv3.Client, key string, opts ...clientv3.OpOption) clientv3.WatchChan {
	out := make(chan clientv3.WatchResponse)
	go func() {
		defer close(out)
		in := c.Watch(ctx, key, opts...)
		for {
			select {
			case <-ctx.Done():
				return
			case res, ok := <-in:
				if !ok {
					return
				}
				select {
				case out <- res:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}
