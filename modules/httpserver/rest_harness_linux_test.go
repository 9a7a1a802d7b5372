package httpserver

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

func restsAfter(d time.Duration) rigOption {
	return configured(func(c *Config) { c.RestAfter = d })
}

// restsLive gives a server that has not started a time that can change.
func (r *rig) restsLive(d time.Duration) (change func(time.Duration)) {
	after, conf := &atomic.Int64{}, r.server.config
	after.Store(int64(d))
	r.server.config = func() *Config { c := *conf(); c.RestAfter = time.Duration(after.Load()); return &c }
	return func(d time.Duration) { after.Store(int64(d)); r.server.conns.ChangeRest() }
}

// atRest waits until exactly n connections rest.
func (r *rig) atRest(n int) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("%d connections at rest", n), func() bool { return r.server.conns.InPhase(conns.Resting) == n })
}
