package app_test

import (
	"context"
	"errors"
	"fmt"
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

// Readiness that depends on a part of the application's own.
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
