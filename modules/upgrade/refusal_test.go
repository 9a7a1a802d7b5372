package upgrade

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

func newTestUpgrader(t *testing.T) (*app.App, *Upgrader) {
	t.Helper()
	a := app.New("test")
	u, err := New(a, DefaultConfig)
	if err != nil {
		t.Fatal(err)
	}
	return a, u
}

func TestUpgradeAtTheWrongTimeIsRefused(t *testing.T) {
	a, u := newTestUpgrader(t)
	if _, err := u.Upgrade(t.Context()); !errors.Is(err, app.ErrNotReady) {
		t.Errorf("before the start: got %v, want ErrNotReady", err)
	}
	a.Add(app.Hook{Name: "early", OnStart: func(ctx context.Context) error {
		if _, err := u.Upgrade(ctx); !errors.Is(err, app.ErrNotReady) {
			t.Errorf("while starting: got %v, want ErrNotReady", err)
		}
		return nil
	}, OnStop: func(ctx context.Context) error {
		if _, err := u.Upgrade(ctx); !errors.Is(err, app.ErrStopping) {
			t.Errorf("while stopping: got %v, want ErrStopping", err)
		}
		return nil
	}})
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Stop(app.Reason{Kind: app.Requested})
	<-a.Done()
}

func TestUpgradeThatIsNotPossibleHereIsRefusedWithTheRemedy(t *testing.T) {
	gone := make(chan struct{})
	for name, tt := range map[string]struct {
		change func(u *Upgrader)
		want   string
		is     error
	}{
		"process 1":   {func(u *Upgrader) { u.getpid = func() int { return 1 } }, "roll the pod", errors.ErrUnsupported},
		"predecessor": {func(u *Upgrader) { u.predecessor = &predecessor{gone: gone} }, "try again when it has ended", ErrDraining},
		"go run": {func(u *Upgrader) { u.initial = &process.Initial{Argv: []string{"/tmp/go-build1/b001/exe/x"}} },
			"go build it", errors.ErrUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			a, u := newTestUpgrader(t)
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			tt.change(u)
			want, is := tt.want, tt.is
			if !process.Supported() {
				want, is = "stop and start", errors.ErrUnsupported
			}
			ans, err := a.Do(t.Context(), app.Request{Command: app.Upgrade})
			if ans.Outcome != app.OutcomeRefused || !errors.Is(err, is) || !strings.Contains(ans.Text, want) {
				t.Errorf("got %v, %v, want refused: %s", ans, err, want)
			}
			if s := u.Status(); s.Failures != 0 || s.Phase != Idle {
				t.Errorf("got %+v", s)
			}
			u.predecessor = nil
			a.Stop(app.Reason{Kind: app.Requested})
			<-a.Done()
		})
	}
}

// The stop goes by while the goroutine of the command waits for a processor, and
// before its context is cancelled.
func TestUpgradeThatAStopHasOvertakenStartsNothing(t *testing.T) {
	a, u := newTestUpgrader(t)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.initial = &process.Initial{Argv: []string{"/bin/false"}, Dir: "/"}
	u.getpid = func() int {
		a.Stop(app.Reason{Kind: app.Requested})
		<-a.Done()
		return 2
	}
	ans, err := u.handle(context.Background(), app.Request{Command: app.Upgrade})
	if ans.Outcome != app.OutcomeRefused || process.Supported() && !errors.Is(err, app.ErrStopping) {
		t.Errorf("got %v, %v, want refused: the stop has begun", ans, err)
	}
}
