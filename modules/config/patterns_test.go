package config_test

import (
	"context"
	"errors"
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

const items = 400 // so that half a file is valid, but wrong

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
			if total, max := reloadsOf(store), float64(n)*1.1; total > max {
				t.Errorf("%d saves made %v reloads, want at most %v", n, total, max)
			}
		})
	}
}

// A script with a >> in every line opens the file for each piece, and closes it.
// It must not pause for longer than the watcher waits; if the machine made it pause
// longer, that save is not judged.
func TestScriptThatAppendsPieceByPieceIsOneReload(t *testing.T) {
	for name, begin := range map[string]func(path string) error{
		"truncated": func(path string) error { return os.Truncate(path, 0) },
		"deleted":   os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := configtest.NewFile(t, contentOf(0))
			store, v := watched(t, config.Source{Files: []string{f.Path}})
			var torn atomic.Int64
			config.OnReload(v, "test", func(_ context.Context, c config.Change[generation]) (config.Tx, error) {
				if c.New.torn() {
					torn.Add(1)
				}
				return config.Tx{}, nil
			})
			judged := 0
			for gen := 1; judged < 3 && gen <= 20; gen++ {
				if err := begin(f.Path); err != nil {
					t.Fatal(err)
				}
				longest := appendPieces(t, f.Path, contentOf(gen))
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				_, err := store.Await(ctx, func(config.Report) bool { return v.Get().Gen == gen && !v.Get().torn() })
				cancel()
				if err != nil {
					t.Fatalf("generation %d is not in force: %s", gen, store.Last().Text())
				}
				n := torn.Swap(0)
				if longest > 150*time.Millisecond {
					continue
				}
				if judged++; n > 0 {
					t.Errorf("save %d, with pauses of %v at most: %d torn configurations were applied", gen, longest, n)
				}
			}
			if judged == 0 {
				t.Skip("this machine is too busy to write at this pace")
			}
		})
	}
}

// appendPieces writes four pieces 70 ms apart and returns the longest pause.
func appendPieces(t *testing.T, path, content string) (longest time.Duration) {
	var last time.Time
	for i := range 4 {
		if i > 0 {
			<-time.After(70 * time.Millisecond) // a slow writer
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(content[i*len(content)/4 : (i+1)*len(content)/4])
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		if i > 0 {
			longest = max(longest, now.Sub(last))
		}
		last = now
	}
	return longest
}

// storm is how long changes come, a thousand per second: GRACEFUL_STORM=10s for the
// promise. Then the rate must be reached; a shorter storm only reports it, because
// a machine that is busy with other tests may not reach it within a second.
func storm() (d time.Duration, promise bool) {
	if d, err := time.ParseDuration(os.Getenv("GRACEFUL_STORM")); err == nil {
		return d, true
	}
	return time.Second, false
}

func TestStormOfChangesIsAFewReloads(t *testing.T) {
	for _, c := range []struct {
		name string
		save func(path, content string) error
	}{
		{"each replaces the file", func(path, content string) error {
			return errors.Join(os.WriteFile(path+".new", []byte(content), 0o644), os.Rename(path+".new", path))
		}},
		{"each rewrites the file", func(path, content string) error { return os.WriteFile(path, []byte(content), 0o644) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
				t.Setenv("TMPDIR", "/dev/shm") // a disk flushes a file that is replaced, and may not manage that a thousand times per second
			}
			f := configtest.NewFile(t, contentOf(0))
			store, v := watched(t, config.Source{Files: []string{f.Path}})
			var torn atomic.Int64
			config.OnReload(v, "test", func(_ context.Context, c config.Change[generation]) (config.Tx, error) {
				if c.New.torn() {
					torn.Add(1)
				}
				return config.Tx{}, nil
			})
			begin, gen := time.Now(), 0
			length, promise := storm()
			rate := func() float64 { return float64(gen) / time.Since(begin).Seconds() }
			for took := time.Duration(0); took < length || promise && took < 3*length && rate() < 990; took = time.Since(begin) {
				gen++
				if err := c.save(f.Path, contentOf(gen)); err != nil {
					t.Fatal(err)
				}
				// A writer that was delayed catches up: the rate is that of the
				// whole storm.
				if ahead := time.Until(begin.Add(time.Duration(gen) * time.Millisecond)); ahead > 0 {
					<-time.After(ahead) // a writer with a thousand changes per second
				}
			}
			reached := rate()
			if promise && reached < 950 {
				t.Errorf("got %.0f changes a second, want 1000: the promise was not put to the test", reached)
			}
			windows := int(time.Since(begin)/time.Second) + 1
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if _, err := store.Await(ctx, func(config.Report) bool { return v.Get().Gen == gen }); err != nil {
				t.Fatalf("got generation %d, want the last, %d: %s", v.Get().Gen, gen, store.Last().Text())
			}
			windows++ // the last change has a reload to itself
			if got := reloadsOf(store); got > float64(2*windows) {
				t.Errorf("%d changes made %v reloads in %d windows of a second, want two in each at most", gen, got, windows)
			}
			if torn.Load() > 0 {
				t.Errorf("%d torn configurations were applied", torn.Load())
			}
			t.Logf("%d changes, %.0f a second, %v reloads, %d windows", gen, reached, reloadsOf(store), windows)
		})
	}
}

// reloadsOf counts the reloads of a store, whatever their results.
func reloadsOf(store *config.Store) (total float64) {
	for _, f := range store.Metrics() {
		if f.Name == "config_reloads_total" && f.Labels[1] != "start" {
			total += f.Value
		}
	}
	return total
}
