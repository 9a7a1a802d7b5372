package etcd_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

// withRegistration keeps the address of the server "http" below /services/NAME in
// etcd, from the moment when the process is ready. The key hangs on a lease: it
// vanishes when the process has died. A stop deletes it first of all; a process
// that is replaced leaves it, because its successor has put the same key on
// another lease.
func withRegistration(conf clientv3.Config) fx.Option {
	return fx.Invoke(func(a *app.App) error {
		client, err := clientv3.New(conf)
		if err != nil {
			return err
		}
		host, _ := os.Hostname()
		key := "/services/" + a.Name() + "/" + host // the same in every generation
		a.Go("register", func(ctx context.Context) error {
			select {
			case <-a.Ready():
			case <-ctx.Done():
				return nil
			}
			s, err := concurrency.NewSession(client, concurrency.WithContext(ctx), concurrency.WithTTL(15))
			if err != nil {
				return err
			}
			for _, addr := range a.Addresses() {
				if addr.Server == "http" {
					if _, err := client.Put(ctx, key, addr.Addr, clientv3.WithLease(s.Lease())); err != nil {
						return err
					}
				}
			}
			<-s.Done() // with ctx as well
			if r := a.Reason(); r == nil {
				return errors.New("the lease is lost")
			} else if r.Kind != app.Replaced {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
				defer cancel()
				_, err = client.Revoke(ctx, s.Lease())
			}
			return err
		}, app.Optional(), app.Restart(app.Backoff{}))
		a.Add(app.Hook{
			Name: "deregister", StopIn: app.Announce, Timeout: 2 * time.Second,
			OnStop: func(ctx context.Context) error {
				if r := a.Reason(); r != nil && r.Kind == app.Replaced {
					return nil
				}
				_, err := client.Delete(ctx, key)
				return err
			},
		})
		a.Add(app.Hook{Name: "etcd", StopIn: app.Final, OnStop: func(context.Context) error { return client.Close() }})
		return nil
	})
}

func TestRegistrationSeesTheReason(t *testing.T) {
	for _, c := range []struct {
		kind  app.Kind
		stays int64
	}{{app.Requested, 0}, {app.Replaced, 1}} {
		t.Run(c.kind.String(), func(t *testing.T) {
			s := newStore(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := s.direct.Get(ctx, "/services"); err != nil { // it is connected
				t.Fatal(err)
			}
			on := s.direct.Watch(ctx, "/services/shop/", clientv3.WithPrefix(), clientv3.WithRev(1))
			x := apptest.New(t, graceful.Name("shop"), withRegistration(clientv3.Config{Endpoints: []string{s.line.addr}, Logger: zap.NewNop()}),
				fx.Supply(fx.Annotate(http.NotFoundHandler(), fx.As(new(http.Handler)))))
			x.Start()
			var put clientv3.WatchResponse
			for len(put.Events) == 0 {
				var open bool
				if put, open = <-on; !open {
					t.Fatal("nothing was registered")
				}
			}
			if got := "http://" + string(put.Events[0].Kv.Value); got != x.URL("http") || put.Events[0].Kv.Lease == 0 {
				t.Errorf("got %s, lease %x, want %s and a lease", got, put.Events[0].Kv.Lease, x.URL("http"))
			}
			x.App.Stop(app.Reason{Kind: c.kind, By: "test"})
			x.Wait()
			res, err := s.direct.Get(ctx, "/services/shop/", clientv3.WithPrefix(), clientv3.WithCountOnly())
			if err != nil || res.Count != c.stays {
				t.Errorf("got %d keys (%v), want %d", res.Count, err, c.stays)
			}
		})
	}
}
