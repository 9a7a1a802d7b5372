package systemd

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestSuccessorIsSilentUntilItsPredecessorIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		gone := make(chan struct{})
		a.Wiring().SetGeneration(2, gone)
		start(t, a)
		time.Sleep(time.Minute)
		synctest.Wait()
		sameKeys(t, m.notices())

		close(gone)
		synctest.Wait()
		said := m.notices()
		sameKeys(t, said, "MAINPID READY")
		if got, want := value(said[0].text, "MAINPID="), fmt.Sprintf("MAINPID=%d", os.Getpid()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		stop(t, a, sigterm)
		sameKeys(t, m.notices(), "STOPPING")
	})
}

// A successor that is rejected is not the end of the service.
func TestRejectedSuccessorNeverNotifiesStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Wiring().SetGeneration(2, make(chan struct{}))
		start(t, a)
		stop(t, a, sigterm)
		if got := m.notices(); len(got) > 0 {
			t.Errorf("said %v", got)
		}
	})
}

// The manager sends its SIGHUP to the main process, which the successor is as
// soon as it has taken over, however long its predecessor drains.
func TestSuccessorAnswersReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil })
		a.Wiring().SetGeneration(2, make(chan struct{}))
		start(t, a)
		_, _ = a.Do(t.Context(), app.Request{Command: app.Reload, By: "SIGHUP"})
		synctest.Wait()
		sameKeys(t, m.notices(), "RELOADING MONOTONIC_USEC", "READY")
		stop(t, a, sigterm)
	})
}

func TestPredecessorGoneBeforeTheSuccessorIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{})
		gone := make(chan struct{})
		close(gone)
		a.Wiring().SetGeneration(2, gone)
		a.Add(app.Hook{Name: "serve", StartIn: app.Serve, OnStart: func(context.Context) error { time.Sleep(time.Second); return nil }})
		start(t, a)
		sameKeys(t, m.notices(), "MAINPID READY")
		stop(t, a, sigterm)
	})
}
