package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
)

type thing struct{}

// everywhere adds a hook in every way that fx has.
func everywhere(d *recorder) fx.Option {
	add := func(name string) func(fx.Lifecycle) {
		return func(lc fx.Lifecycle) {
			lc.Append(fx.StartStopHook(func() { d.add("+" + name) }, func() { d.add("-" + name) }))
		}
	}
	return fx.Options(
		fx.Module("outer",
			fx.Module("inner",
				fx.Provide(fx.Private, func(lc fx.Lifecycle) int { add("private")(lc); return 1 }),
				fx.Provide(fx.Annotate(func(int) *thing { return &thing{} },
					fx.OnStart(func(context.Context, *thing) error { d.add("+annotated"); return nil }),
					fx.OnStop(func(context.Context, *thing) error { d.add("-annotated"); return nil }))),
				fx.Invoke(add("inner"))),
			fx.Invoke(add("outer"))),
		fx.Invoke(func(*thing) {}),
		fx.Invoke(add("root")),
	)
}

// The canary: this fails with a release of fx in which hooks escape the plan.
func TestEveryHookOfTheApplicationIsInThePlan(t *testing.T) {
	for _, order := range []string{"module first", "module last"} {
		t.Run(order, func(t *testing.T) {
			d := &recorder{}
			var a *app.App
			opts := []fx.Option{app.Module, everywhere(d), fx.Populate(&a)}
			if order == "module last" {
				slices.Reverse(opts)
			}
			f := fxtest.New(t, opts...)
			f.RequireStart()
			f.RequireStop()
			plain := &recorder{}
			fxtest.New(t, everywhere(plain)).RequireStart().RequireStop()
			if got, want := d.all(), plain.all(); !slices.Equal(got, want) {
				t.Errorf("got  %v\nwant %v, fx's own order", got, want)
			}
			r := a.Report()
			if got := len(r.Steps); got != len(d.all()) {
				t.Errorf("%d of %d hooks are in the report", got, len(d.all()))
			}
			annotated := 0
			for _, s := range r.Steps {
				if s.Name == "fx.Annotate hook" {
					annotated++
				} else if !strings.HasPrefix(s.Source, "app/capture_test.go:") {
					t.Errorf("%s comes from %q", s.Name, s.Source)
				}
			}
			if annotated != 2 {
				t.Errorf("%d annotated steps, want 2", annotated)
			}
		})
	}
}

func TestCapturedHooksOutliveAPanicOfAnother(t *testing.T) {
	d := &recorder{}
	f := fx.New(fx.NopLogger, app.Module, everywhere(d), fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StopHook(func() { panic("ouch") }))
	}))
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := f.Stop(t.Context())
	if err == nil || !strings.Contains(err.Error(), "panic: ouch") {
		t.Errorf("got %v", err)
	}
	if !slices.Contains(d.all(), "-private") {
		t.Errorf("got %v", d.all())
	}
}

func TestShutdownerStopsWithItsCode(t *testing.T) {
	var s fx.Shutdowner
	var a *app.App
	f := fx.New(fx.NopLogger, app.Module, fx.Populate(&s, &a))
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 3 { // fx would answer the second with an error
		if err := s.Shutdown(fx.ExitCode(7)); err != nil {
			t.Error(err)
		}
	}
	if got := <-f.Wait(); got.ExitCode != 7 {
		t.Errorf("fx got %+v", got)
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	r := a.Report()
	if r.Code != 7 || !strings.Contains(r.Reason.By, "fx.Shutdowner at app/capture_test.go:") {
		t.Errorf("code %d, %v", r.Code, r.Reason)
	}
}

func TestShutdownWhileStarting(t *testing.T) {
	d := &recorder{}
	f := fx.New(fx.NopLogger, app.Module, everywhere(d), fx.Invoke(func(lc fx.Lifecycle, s fx.Shutdowner) {
		lc.Append(fx.StartHook(func(ctx context.Context) error {
			_ = s.Shutdown()
			<-ctx.Done() // fx would start to the end first
			return ctx.Err()
		}))
	}))
	if err := f.Start(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case <-f.Wait():
	case <-time.After(10 * time.Second):
		t.Fatal("fx got no shutdown")
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if got := d.all(); !slices.Contains(got, "-private") {
		t.Errorf("got %v", got)
	}
}

func TestModuleInTheWrongPlaceIsReported(t *testing.T) {
	cases := []struct {
		name string
		opts fx.Option
		want string
	}{
		{"nested", fx.Module("mine", app.Module), "should be passed to top-level App, not to fx.Module"},
		{"twice", fx.Options(app.Module, app.Module), "givenTwiceModuleIsAlreadyPartOfGracefulModule"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := fx.New(fx.NopLogger, c.opts).Err()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestNativeHooksAreLeftToFx(t *testing.T) {
	d := &recorder{}
	var a *app.App
	f := fxtest.New(t, app.NativeHooks(), app.Module, everywhere(d), fx.Populate(&a),
		fx.Invoke(func(a *app.App) { a.Add(d.hook("server", app.Serve, app.Drain)) }))
	f.RequireStart()
	f.RequireStop()
	if got := d.all(); len(got) != 12 {
		t.Errorf("got %v", got)
	}
	if got := len(a.Report().Steps); got != 2 {
		t.Errorf("%d steps in the plan, want the server's 2", got)
	}
}

// With a context that has expired, fx's Stop calls no hook; the App's own stop
// works.
func TestStopWithAnExpiredContext(t *testing.T) {
	d := &recorder{}
	var a *app.App
	f := fx.New(fx.NopLogger, app.Module, everywhere(d), fx.Populate(&a))
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("fx's Stop: %v", err)
	}
	a.Stop(app.Reason{Kind: app.Requested, By: "test"})
	if _, err := a.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if got := d.all(); !slices.Contains(got, "-private") {
		t.Errorf("got %v", got)
	}
}

func TestTasksOfTheGroupRun(t *testing.T) {
	ran := make(chan struct{})
	f := fxtest.New(t, app.Module, fx.Provide(app.AsTask(func() app.Task {
		return app.Task{Name: "worker", Run: func(ctx context.Context) error { close(ran); <-ctx.Done(); return nil }}
	})))
	f.RequireStart()
	<-ran
	f.RequireStop()
}

func TestChecksOfTheGroupRun(t *testing.T) {
	var a *app.App
	f := fxtest.New(t, app.Module, fx.Populate(&a),
		fx.Provide(app.AsCheck(func() app.Check {
			return app.Check{Name: "db", Fn: func(context.Context) error { return errors.New("no connection") }}
		}), app.AsCheck(func() app.Check {
			return app.Check{Name: "cache", Fn: func(context.Context) error { return nil }}
		})))
	f.RequireStart()
	if ok, text := a.Wiring().Readiness(t.Context()); ok || text != "not ready\n[-]db: no connection" {
		t.Errorf("got %v %q", ok, text)
	}
	f.RequireStop()
}

func TestFxTimeoutGivenAfterTheModuleWins(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	d := &recorder{}
	f := fx.New(fx.NopLogger, app.Module, fx.StopTimeout(2*time.Second), everywhere(d), fx.Invoke(func(lc fx.Lifecycle) {
		lc.Append(fx.StopHook(func() { <-release }))
	}))
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), f.StopTimeout())
	defer cancel()
	err := f.Stop(ctx)
	if err == nil || !strings.Contains(err.Error(), "abandoned") {
		t.Errorf("got %v", err)
	}
	if got := d.all(); !slices.Contains(got, "-private") {
		t.Errorf("the hooks after the hanging one: %v", got)
	}
}
