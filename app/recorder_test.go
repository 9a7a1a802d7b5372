package app_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// recorder records the order in which things happened.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (d *recorder) add(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *recorder) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

func (d *recorder) hook(name string, up, down app.Phase) app.Hook {
	return app.Hook{Name: name, StartIn: up, StopIn: down,
		OnStart: func(context.Context) error { d.add("+" + name); return nil },
		OnStop:  func(context.Context) error { d.add("-" + name); return nil }}
}

func ended(t *testing.T, a *app.App) app.Report {
	t.Helper()
	<-a.Done()
	return a.Report()
}

func outcome(t *testing.T, r app.Report, way, name string) app.Step {
	t.Helper()
	for _, s := range r.Steps {
		if s.Way == way && s.Name == name {
			return s
		}
	}
	t.Fatalf("no step %s %s in %+v", way, name, r.Steps)
	return app.Step{}
}

// pass returns a hook that takes d, unless its context ends first.
func pass(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
