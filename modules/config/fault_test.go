package config

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// reloads is how often the fault test reloads; GRACEFUL_RELOADS=10000 for the
// promise.
func reloads() int {
	if n, err := strconv.Atoi(os.Getenv("GRACEFUL_RELOADS")); err == nil {
		return n
	}
	return 1000
}

// Whatever a subscriber does (refuse, panic, hang), all readers and all
// subscribers are on the same revision.
func TestFaultsLeaveAllSubscribersOnOneRevision(t *testing.T) {
	r := newRig(t, "http: {gen: 1}\ndb: {max_open: 1}")
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() { // outside of the bubble: they never block
			for {
				select {
				case <-stop:
					return
				default:
				}
				s := r.Snapshot()
				if w, d := r.web.In(s), r.db.In(s); w.Gen != d.MaxOpen {
					t.Errorf("a snapshot is torn: %d and %d", w.Gen, d.MaxOpen)
					return
				}
			}
		})
	}
	defer readers.Wait()
	defer close(stop)

	synctest.Test(t, func(t *testing.T) {
		const subscribers = 4
		var fault struct {
			at   int
			kind string
		}
		var at [subscribers]atomic.Int64 // the revision that each subscriber has taken over
		var open atomic.Int64            // prepared, neither committed nor rolled back
		for i := range subscribers {
			at[i].Store(1)
			prepare := func(ctx context.Context, gen int) (Tx, error) {
				open.Add(1)
				tx := Tx{
					Commit:   func() { open.Add(-1); at[i].Store(int64(gen)) },
					Rollback: func() { open.Add(-1) },
				}
				if fault.at != i {
					return tx, nil
				}
				switch fault.kind {
				case "error":
					return tx, errors.New("injected")
				case "panic":
					open.Add(-1)
					panic("injected")
				case "hang":
					<-ctx.Done()
				}
				return tx, nil
			}
			if i%2 == 0 {
				OnReload(r.web, fmt.Sprint(i), func(ctx context.Context, c Change[web]) (Tx, error) { return prepare(ctx, c.New.Gen) })
			} else {
				OnReload(r.db, fmt.Sprint(i), func(ctx context.Context, c Change[database]) (Tx, error) { return prepare(ctx, c.New.MaxOpen) })
			}
		}

		rnd := rand.New(rand.NewPCG(1, 2))
		inForce := 1
		for n := range reloads() {
			gen := n%900 + 2
			fault.at, fault.kind = rnd.IntN(subscribers), []string{"", "error", "panic", "hang"}[rnd.IntN(4)]
			got := r.edit(t, fmt.Sprintf("http: {gen: %d}\ndb: {max_open: %d}", gen, gen))
			want := Vetoed
			if fault.kind == "" {
				want, inForce = Applied, gen
			}
			if got.Result != want {
				t.Fatalf("reload %d: got %s, want %s", n, got.Text(), want)
			}
			if w := r.web.Get().Gen; w != inForce {
				t.Fatalf("reload %d: generation %d is in force, want %d", n, w, inForce)
			}
			for i := range at {
				if s := at[i].Load(); s != int64(inForce) {
					t.Fatalf("reload %d (%s at %d): subscriber %d is at %d, want %d", n, fault.kind, fault.at, i, s, inForce)
				}
			}
			if o := open.Load(); o != 0 {
				t.Fatalf("reload %d: %d subscribers were neither committed nor rolled back", n, o)
			}
		}
	})
}

// Reloads from everywhere at once, with readers that pin their requests.
func TestReloadsFromEverywhere(t *testing.T) {
	r := newRig(t, "http: {gen: 1}\ndb: {max_open: 1}")
	var at atomic.Int64
	OnReload(r.web, "s", func(_ context.Context, c Change[web]) (Tx, error) {
		return Tx{Commit: func() { at.Store(int64(c.New.Gen)) }}, nil
	})
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ctx := r.Pin(context.Background())
				if w, d := r.web.From(ctx), r.db.From(ctx); w.Gen != d.MaxOpen {
					t.Errorf("a request saw %d and %d", w.Gen, d.MaxOpen)
				}
				_, _, _ = r.Effective(), r.Metrics(), r.History()
			}
		})
	}
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 50 {
				if got := r.Reload(context.Background(), "x"); got.Err() != nil {
					t.Error(got.Text())
				}
			}
		})
	}
	for gen := 2; gen <= 50; gen++ {
		next := write(t, r.path+".next", fmt.Sprintf("http: {gen: %d}\ndb: {max_open: %d}", gen, gen))
		if err := os.Rename(next, r.path); err != nil {
			t.Fatal(err)
		}
	}
	asking.Wait()
	r.Reload(context.Background(), "last")
	close(stop)
	all.Wait()
	if r.web.Get().Gen != 50 || at.Load() != 50 {
		t.Errorf("got %d, and the subscriber %d; want 50", r.web.Get().Gen, at.Load())
	}
}
