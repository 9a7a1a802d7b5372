package config_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/config/configtest"
)

// asked is the result of requesting a reload. A refusal has a report like every
// other outcome.
func asked(t *testing.T, a *app.App) (app.Outcome, error) {
	t.Helper()
	ans, err := a.Do(context.Background(), app.Request{Command: app.Reload, By: "test"})
	r, ok := ans.Detail.(config.Report)
	switch {
	case !ok:
		t.Errorf("got the detail %v, want a report", ans.Detail)
	case ans.Outcome == app.OutcomeRefused && (r.Result != config.Refused || r.Trigger != "test" || r.Revision != 1 || r.Hash == "" || r.At.IsZero()):
		t.Errorf("got %s, want it refused, with what stays in force", r.JSON())
	case ans.Outcome == app.OutcomeRefused && (r.Reason == "" || r.Err() == nil || !errors.Is(r.Err(), errors.Unwrap(err))):
		t.Errorf("got %v because of %q, want it to be %v", r.Err(), r.Reason, err)
	}
	return ans.Outcome, err
}

func TestReloadIsRefusedWhenItsTimeHasNotComeOrIsOver(t *testing.T) {
	f := configtest.NewFile(t, "http: {port: 1}")
	var (
		v  *config.Value[server]
		st *config.Store
	)
	refused := func(when string, a *app.App, why error) {
		if out, err := asked(t, a); out != app.OutcomeRefused || !errors.Is(err, why) || v.Get().Port != 1 {
			t.Errorf("%s: got %s, %v, port %d; want it refused: %v", when, out, err, v.Get().Port, why)
		}
	}
	a := start(t, config.WithFile(f.Path), config.WithSource(func(s *config.Source) { s.Manual = true }), fx.Populate(&v, &st),
		fx.Invoke(func(a *app.App) {
			a.At(app.Bind, "starting", func(context.Context) error {
				f.Edit("http: {port: 2}")
				refused("starting", a, app.ErrNotReady)
				return nil
			})
			a.At(app.Announce, "stopping", func(context.Context) error { refused("stopping", a, app.ErrStopping); return nil })
		}))
	a.Stop(app.Reason{By: "test"})
	if _, err := a.Wait(context.Background()); err != nil {
		t.Error(err)
	}
	refused("stopped", a, app.ErrStopping)
	metrics := map[string]float64{}
	for _, f := range st.Metrics() {
		metrics[strings.Join(append([]string{f.Name}, f.Labels...), " ")] = f.Value
	}
	if got := metrics["config_reloads_total trigger test result refused"]; got != 3 {
		t.Errorf("got %v refused, want 3: %v", got, metrics)
	}
	if metrics["config_last_reload_successful"] != 1 {
		t.Errorf("a reload that was not tried counts as one that failed: %v", metrics)
	}
}

func TestReloadOfAnotherConfigurationIsRefusedWithAReport(t *testing.T) {
	f := configtest.NewFile(t, "http: {port: 1}")
	a := start(t, config.WithFile(f.Path))
	for _, args := range []map[string]string{{"if_match": "other"}, {"if_match": "other", "dry_run": "true"}} {
		ans, err := a.Do(context.Background(), app.Request{Command: app.Reload, By: "test", Args: args})
		r, _ := ans.Detail.(config.Report)
		if ans.Outcome != app.OutcomeRefused || err == nil || r.Result != config.Refused || r.DryRun != (args["dry_run"] != "") {
			t.Errorf("got %s, %v, %s", ans.Outcome, err, r.JSON())
		}
	}
}

// During an upgrade the reload waits for its turn, which does not come when the
// successor has taken over. The successor reads the file itself.
func TestReloadIsRefusedWhenASuccessorHasTakenOver(t *testing.T) {
	f := configtest.NewFile(t, "http: {port: 1}")
	upgrading, commit := make(chan struct{}), make(chan struct{})
	var v *config.Value[server]
	a := start(t, config.WithFile(f.Path), fx.Populate(&v), fx.Invoke(func(a *app.App) {
		a.Handle(app.Upgrade, func(context.Context, app.Request) (app.Answer, error) {
			close(upgrading)
			<-commit
			a.Stop(app.Reason{Kind: app.Replaced, By: "upgrade"})
			return app.Answer{}, nil
		})
	}))
	upgraded := make(chan error, 1)
	go func() {
		_, err := a.Do(context.Background(), app.Request{Command: app.Upgrade})
		upgraded <- err
	}()
	<-upgrading
	f.Edit("http: {port: 2}")
	type answer struct {
		out app.Outcome
		err error
	}
	reloaded := make(chan answer, 1)
	go func() { out, err := asked(t, a); reloaded <- answer{out, err} }()
	close(commit)
	if err := <-upgraded; err != nil {
		t.Error(err)
	}
	if got := <-reloaded; got.out != app.OutcomeRefused || !errors.Is(got.err, app.ErrStopping) || v.Get().Port != 1 {
		t.Errorf("got %s, %v, port %d; want it refused", got.out, got.err, v.Get().Port)
	}
}

// A stop that begins in the middle of a reload rolls it back.
func TestReloadIsTakenBackWhenAStopBegins(t *testing.T) {
	f := configtest.NewFile(t, "http: {port: 1}")
	preparing, rolledBack := make(chan struct{}), make(chan struct{})
	var v *config.Value[server]
	a := start(t, config.WithFile(f.Path), config.WithSource(func(s *config.Source) { s.Manual = true }), fx.Populate(&v),
		fx.Invoke(func(v *config.Value[server]) {
			config.OnReload(v, "slow", func(ctx context.Context, _ config.Change[server]) (config.Tx, error) {
				close(preparing)
				<-ctx.Done()
				return config.Tx{Rollback: func() { close(rolledBack) }}, nil
			})
		}))
	f.Edit("http: {port: 2}")
	go func() {
		<-preparing
		a.Stop(app.Reason{By: "test"})
	}()
	ans, err := a.Do(context.Background(), app.Request{Command: app.Reload, By: "test"})
	<-rolledBack
	if r, _ := ans.Detail.(config.Report); ans.Outcome != app.OutcomeRefused || r.Result != config.Refused || err == nil || v.Get().Port != 1 {
		t.Errorf("got %s, %v, port %d; want it refused", ans.Outcome, err, v.Get().Port)
	}
}
