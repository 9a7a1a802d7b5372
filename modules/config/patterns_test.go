package config_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/config/configtest"
)

type generation struct {
	Gen   int   `config:"gen"`
	Items []int `config:"items"`
	End   int   `config:"end"`
}

const items = 400 // so that half a file is valid and wrong

func contentOf(gen int) string {
	return fmt.Sprintf("app:\n  gen: %d\n  items:\n%s  end: %d\n", gen, strings.Repeat("    - 7\n", items), gen)
}

func (g *generation) torn() bool { return g.Gen != g.End || len(g.Items) != items }

// saves is how often each pattern is tried; GRACEFUL_SAVES=10 for the whole table.
func saves() int {
	if n, err := strconv.Atoi(os.Getenv("GRACEFUL_SAVES")); err == nil {
		return n
	}
	return 3
}

// watched loads a generation and watches it until the test ends.
func watched(t *testing.T, src config.Source) (*config.Store, *config.Value[generation]) {
	t.Helper()
	set := config.NewSet()
	v := config.Add[generation](set, "app")
	src.Environ = []string{}
	store, err := config.Load(set, src)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- (&config.Watcher{Store: store}).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return store, v
}

func TestEveryWayOfSavingAFileIsOneReload(t *testing.T) {
	for _, p := range configtest.Patterns() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			path, save := p.Begin(t, t.TempDir(), contentOf(0))
			store, v := watched(t, config.Source{Files: []string{path}})
			var torn, applied atomic.Int64
			config.OnReload(v, "test", func(_ context.Context, c config.Change[generation]) (config.Tx, error) {
				applied.Add(1)
				if c.New.torn() {
					torn.Add(1)
				}
				return config.Tx{}, nil
			})
			n := saves()
			for gen := 1; gen <= n; gen++ {
				last := store.Last()
				save(contentOf(gen))
				r := configtest.Await(t, store, last, config.Applied)
				if got := v.Get(); got.Gen != gen || got.torn() {
					t.Fatalf("save %d: got generation %d, torn: %v (%s)", gen, got.Gen, got.torn(), r.Text())
				}
			}
			if torn.Load() > 0 {
				t.Errorf("%d torn configurations were applied", torn.Load())
			}
			var total float64
			for _, f := range store.Figures() {
				if f.Name == "config_reloads_total" && f.Labels[1] != "start" {
					total += f.Value
				}
			}
			if max := float64(n) * 1.1; total > max {
				t.Errorf("%d saves made %v reloads, want at most %v", n, total, max)
			}
		})
	}
}

func TestStormOfChangesIsAFewReloads(t *testing.T) {
	f := configtest.NewFile(t, contentOf(0))
	store, v := watched(t, config.Source{Files: []string{f.Path}})
	const changes = 1000
	begin := time.Now()
	for gen := 1; gen <= changes; gen++ {
		if err := os.WriteFile(f.Path+".new", []byte(contentOf(gen)), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(f.Path+".new", f.Path); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(begin)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := store.Await(ctx, func(config.Report) bool { return v.Get().Gen == changes }); err != nil {
		t.Fatalf("got generation %d, want %d", v.Get().Gen, changes)
	}
	if got, max := int(store.Snapshot().Revision())-1, 2*int(2+took.Seconds()); got > max {
		t.Errorf("%d changes in %v made %d reloads, want at most %d", changes, took, got, max)
	}
}
