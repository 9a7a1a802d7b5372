package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

func ExampleApp_Add() {
	a := app.New("shop")
	a.Add(app.Hook{
		Name:    "registry",
		StartIn: app.Serve,
		OnStart: func(context.Context) error { fmt.Println("registered"); return nil },
		StopIn:  app.Announce,
		OnStop:  func(context.Context) error { fmt.Println("deregistered"); return nil },
	})
	if err := a.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	a.Stop(app.Reason{Kind: app.Requested, By: "the example"})
	report, err := a.Wait(context.Background())
	fmt.Println(report.State, err)
	// Output:
	// registered
	// deregistered
	// stopped <nil>
}

func ExampleApp_Go() {
	a := app.New("shop")
	a.Go("import", func(context.Context) error {
		fmt.Println("imported")
		return nil
	}, app.ExitWhenDone())
	_ = a.Start(context.Background())
	report, _ := a.Wait(context.Background())
	fmt.Println(report.Reason, report.Code)
	// Output:
	// imported
	// task import: done 0
}

// A task that starts again after a failure: at once while failures are few, and
// after a pause when they are many.
func ExampleRestart() {
	a := app.New("shop")
	runs := 0
	a.Go("mailer", func(context.Context) error {
		if runs++; runs < 3 {
			return errors.New("connection refused")
		}
		fmt.Println("sent in run", runs)
		return nil
	}, app.Restart(app.Backoff{Threshold: 10, Pause: time.Minute}), app.ExitWhenDone())
	_ = a.Start(context.Background())
	report, err := a.Wait(context.Background())
	fmt.Println(report.State, err)
	// Output:
	// sent in run 3
	// stopped <nil>
}

// A gateway: its gRPC server takes calls until the HTTP server has drained.
func ExampleCalls() {
	var a *app.App
	gateway := fx.New(fx.NopLogger, app.Module, app.Calls("http", "grpc"), fx.Populate(&a))
	for _, server := range []string{"grpc", "http"} {
		a.Add(app.Hook{Name: server, StartIn: app.Serve, StopIn: app.Drain,
			OnStop: func(context.Context) error { fmt.Println(server, "has drained"); return nil }})
	}
	_ = gateway.Start(context.Background())
	_ = gateway.Stop(context.Background())
	// Output:
	// http has drained
	// grpc has drained
}

// Readiness that depends on a part of the application.
func ExampleAsCheck() {
	type pool struct{} // say, *sql.DB
	newCheck := func(*pool) app.Check {
		return app.Check{
			Name: "database",
			Fn:   func(context.Context) error { return errors.New("connection refused") }, // PingContext
			Keep: 5 * time.Second,
		}
	}
	var a *app.App
	f := fx.New(fx.NopLogger, app.Module, fx.Supply(new(pool)), fx.Provide(app.AsCheck(newCheck)), fx.Populate(&a))
	_ = f.Start(context.Background())
	_, why := a.Wiring().Readiness(context.Background())
	fmt.Println(why)
	_ = f.Stop(context.Background())
	// Output:
	// not ready
	// [-]database: connection refused
}

// A stream that sends its last event when it should end, not only when it must.
func ExampleDraining() {
	a := app.New("shop")
	a.Go("ticker", func(ctx context.Context) error {
		select {
		case <-app.Draining(ctx):
			fmt.Println("goodbye")
		case <-ctx.Done():
		}
		return nil
	}, app.StopIn(app.Unbind), app.FinishIn(app.Drain))
	_ = a.Start(context.Background())
	a.Stop(app.Reason{Kind: app.Requested, By: "the example"})
	_, _ = a.Wait(context.Background())
	// Output: goodbye
}

// A process that was replaced does not deregister: its successor is already there.
func ExampleReasonOf() {
	a := app.New("shop")
	a.At(app.Resources, "registry", func(ctx context.Context) error {
		if r := app.ReasonOf(ctx); r != nil && r.Kind == app.Replaced {
			return nil
		}
		fmt.Println("deregistered:", app.ReasonOf(ctx))
		return nil
	})
	_ = a.Start(context.Background())
	a.Stop(app.Reason{Kind: app.Signalled, By: "SIGTERM"})
	_, _ = a.Wait(context.Background())
	// Output: deregistered: SIGTERM
}

// A command that operators and the program itself may call.
func ExampleApp_Handle() {
	a := app.New("shop")
	a.Handle("backup", func(ctx context.Context, r app.Request) (app.Answer, error) {
		app.Progress(ctx, "half of it")
		return app.Answer{Text: "written to " + r.Args["to"]}, nil
	}, app.About("write a copy", app.Arg{Name: "to", Text: "the file"}))
	_ = a.Start(context.Background())

	ans, err := a.Do(context.Background(), app.Request{Command: "backup", By: "the example", Args: map[string]string{"to": "shop.bak"}})
	fmt.Println(ans.Outcome, ans.Text, err)
	_, err = a.Do(context.Background(), app.Request{Command: "backup", Args: map[string]string{"too": "shop.bak"}})
	fmt.Println(errors.Is(err, app.ErrArgument))

	a.Stop(app.Reason{Kind: app.Requested, By: "the example"})
	_, _ = a.Wait(context.Background())
	// Output:
	// done written to shop.bak <nil>
	// true
}

func ExampleApp_Observe() {
	a := app.New("shop")
	a.Observe(func(e app.Event) {
		if c, ok := e.(app.StateChanged); ok {
			fmt.Println(c.From, "to", c.To)
		}
	})
	_ = a.Start(context.Background())
	a.Stop(app.Reason{Kind: app.Requested, By: "the example"})
	_, _ = a.Wait(context.Background())
	// Output:
	// new to starting
	// starting to ready
	// ready to draining
	// draining to stopping
	// stopping to stopped
}

// Probes on a server of the application.
func ExampleApp_HealthHandler() {
	a := app.New("shop")
	mux := http.NewServeMux()
	mux.Handle("/healthz", a.HealthHandler(nil).Live) // one of them, under another path
	h := a.HealthHandler(mux)                         // all, and the rest for mux

	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Print(path, " ", w.Code, " ", w.Body)
	}
	// Output:
	// /livez 200 new
	// /readyz 503 new
	// /healthz 200 new
}
