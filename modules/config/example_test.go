package config_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

type HTTP struct {
	Addr    string        `config:"addr"`
	Timeout time.Duration `config:"read_timeout"`
}

func (h *HTTP) Validate() error {
	if h.Timeout <= 0 {
		return config.Invalid("read_timeout", "must be more than 0")
	}
	return nil
}

// A configuration without fx: declare, load, read, reload.
func Example() {
	dir, _ := os.MkdirTemp("", "config")
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "todo.yaml")
	_ = os.WriteFile(file, []byte("http:\n  read_timeout: 10s\n"), 0o600)

	set := config.NewSet()
	http := config.Add[HTTP](set, "http", config.Default(func() HTTP { return HTTP{Addr: ":8080"} }))
	store, err := config.Load(set, config.Source{Name: "todo", Files: []string{file}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(http.Get().Addr, http.Get().Timeout)

	_ = os.WriteFile(file, []byte("http:\n  read_timeout: 10\n  adr: :80\n"), 0o600)
	report := store.Reload(context.Background(), "example")
	var invalid *config.InvalidError
	if errors.As(report.Err(), &invalid) {
		for _, p := range invalid.Problems {
			fmt.Printf("%d:%d %s: %s (%s)\n", p.Line, p.Col, p.Key, p.Reason, p.Hint)
		}
	}
	fmt.Println(http.Get().Timeout)
	// Output:
	// :8080 10s
	// 2:3 http.read_timeout: duration 10 has no unit (write "10s", or "10ms")
	// 3:3 http.adr: unknown key (did you mean "addr"?)
	// 10s
}

// A part of the program that has to rebuild something when its settings change.
func ExampleOnReload() {
	dir, _ := os.MkdirTemp("", "config")
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "todo.yaml")
	_ = os.WriteFile(file, []byte("http: {read_timeout: 1s}\n"), 0o600)

	set := config.NewSet()
	http := config.Add[HTTP](set, "http")
	store, err := config.Load(set, config.Source{Name: "todo", Files: []string{file}})
	if err != nil {
		fmt.Println(err)
		return
	}
	pool := "pool for 1s"
	config.OnReload(http, "pool", func(_ context.Context, c config.Change[HTTP]) (config.Tx, error) {
		if !c.Touched("read_timeout") {
			return config.Tx{}, nil
		}
		if c.New.Timeout > time.Minute {
			return config.Tx{}, errors.New("no pool waits for more than a minute")
		}
		next := fmt.Sprint("pool for ", c.New.Timeout) // built, but not yet visible
		return config.Tx{Commit: func() { pool = next }}, nil
	})

	_ = os.WriteFile(file, []byte("http: {read_timeout: 2s}\n"), 0o600)
	fmt.Println(store.Reload(context.Background(), "example").Text(), "-", pool)
	_ = os.WriteFile(file, []byte("http: {read_timeout: 2h}\n"), 0o600)
	fmt.Println(store.Reload(context.Background(), "example").Text(), "-", pool)
	// Output:
	// applied: 1 setting changed (http.read_timeout) - pool for 2s
	// vetoed by pool: no pool waits for more than a minute; revision 2 stays in force - pool for 2s
}
