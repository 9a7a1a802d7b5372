package config

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/watch"
)

// A script that moves a file aside and appends to a new one has begun before the
// watch, so no event shows that the file comes in pieces. The first piece must not
// be applied.
func TestSaveUnderWayWhenTheWatchBeginsIsNotReadInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "http: {port: 1}\n")
		r.catalog.limits = disk.AtReload
		OnReload(r.web, "test", func(_ context.Context, c Change[web]) (Tx, error) {
			if c.New.Gen != 2 {
				t.Errorf("port %d of the first piece was applied", c.New.Port)
			}
			return Tx{}, nil
		})
		if err := os.Rename(r.path, r.path+"~"); err != nil {
			t.Fatal(err)
		}
		write(t, r.path, "http:\n  port: 2\n")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		w := &Watcher{Store: r.Store, loop: watch.Loop{Refuse: func() error { return errors.New("polling") }}}
		go func() { ended <- w.Run(ctx) }()
		time.Sleep(disk.Still - disk.Quiet)
		f, err := os.OpenFile(r.path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("  gen: 2\n"); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Await(ctx, func(r Report) bool { return r.Revision == 2 }); err != nil {
			t.Fatal(err)
		}
		if got := r.web.Get(); got.Port != 2 || got.Gen != 2 {
			t.Errorf("got port %d and gen %d", got.Port, got.Gen)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
