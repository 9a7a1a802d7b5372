package config

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
)

// operated is a rig under an application, with what was noted.
func operated(t *testing.T, r *rig) (*commands, func() []app.Note) {
	t.Helper()
	c := &commands{store: r.Store, app: app.New("test")}
	r.running = make(chan struct{}, 1) // of this bubble
	notes := make(chan app.Note, 10)
	c.app.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok {
			notes <- n.Note
		}
	})
	c.register()
	return c, func() (all []app.Note) {
		for len(notes) > 0 {
			all = append(all, <-notes)
		}
		return all
	}
}

func TestPanicOfASubscriberIsReportedWithValueAndStack(t *testing.T) {
	panics := func() { panic("boom") }
	for name, tx := range map[string]func() (Tx, error){
		"prepare":  func() (Tx, error) { panic("boom") },
		"commit":   func() (Tx, error) { return Tx{Commit: panics}, nil },
		"rollback": func() (Tx, error) { return Tx{Rollback: panics}, errors.New("no") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "http: {port: 1}")
			synctest.Test(t, func(t *testing.T) {
				c, notes := operated(t, r)
				OnReload(r.web, "bad", func(context.Context, Change[web]) (Tx, error) { return tx() })
				if err := c.app.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				write(t, r.path, "http: {port: 2}")
				_, err := c.app.Do(t.Context(), app.Request{Command: app.Reload})
				synctest.Wait()
				if name == "commit" {
					all := notes()
					if len(all) != 1 {
						t.Fatalf("got %v, want one note", all)
					}
					err = all[0].Err
				}
				if err == nil || !strings.Contains(err.Error(), "boom") || !strings.Contains(guard.Stack(err), "commit_test.go") {
					t.Errorf("got %v with the stack %q", err, guard.Stack(err))
				}
				c.app.Stop(app.Reason{Kind: app.Requested})
				<-c.app.Done()
			})
		})
	}
}

func TestCommitThatBlocksIsReportedOnceAndNamedByTheStop(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	synctest.Test(t, func(t *testing.T) {
		c, notes := operated(t, r)
		leave, others := make(chan struct{}), false
		OnReload(r.web, "pool", func(context.Context, Change[web]) (Tx, error) {
			return Tx{Commit: func() { <-leave }}, nil
		})
		OnReload(r.web, "other", func(context.Context, Change[web]) (Tx, error) {
			return Tx{Commit: func() { others = true }}, nil
		})
		changes := make(chan struct{})
		c.app.Go("watcher", func(ctx context.Context) error {
			<-changes
			c.filesChanged(ctx)
			<-ctx.Done()
			return nil
		})
		if err := c.app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, r.path, "http: {port: 2}")
		close(changes)
		time.Sleep(CommitTimeout - time.Second)
		if all := notes(); len(all) != 0 {
			t.Errorf("told too early: %v", all)
		}
		time.Sleep(time.Hour)
		all := notes()
		if len(all) != 1 || !strings.Contains(all[0].Err.Error(), `subscriber "pool"`) || !strings.Contains(guard.Stack(all[0].Err), "commit_test.go") {
			t.Errorf("got %v, want one note with the name and the stack", all)
		}
		c.app.Stop(app.Reason{Kind: app.Requested})
		<-c.app.Done()
		blamed := false
		for _, s := range c.app.Report().Steps {
			if s.Name != commitStep {
				if s.Outcome != app.OutcomeDone {
					t.Errorf("%s %s: %v", s.Name, s.Outcome, s.Err)
				}
				continue
			}
			blamed = s.Outcome == app.OutcomeFailed && strings.Contains(s.Err.Error(), `subscriber "pool"`)
		}
		if !blamed {
			t.Errorf("no step blames the subscriber: %s", c.app.Report())
		}
		close(leave) // it was not abandoned: the others follow
		synctest.Wait()
		if got := r.Last(); !others || got.Result != Applied {
			t.Errorf("got %s, the other subscriber %v", got.Text(), others)
		}
	})
}
