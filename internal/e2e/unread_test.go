package e2e_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
)

// unread is a program whose output nobody reads. Files in its working directory say
// how far it has come.
func unread() {
	mark := func(name string) { _ = os.WriteFile(name, nil, 0o600) }
	opts := []fx.Option{
		graceful.Name("unread"),
		fx.Invoke(func(a *app.App) {
			a.Go("ready", func(ctx context.Context) error {
				select {
				case <-a.Ready():
					mark("ready")
				case <-ctx.Done():
				}
				return nil
			})
			a.At(app.Drain, "clients", func(ctx context.Context) error {
				mark("draining")
				<-ctx.Done()
				return nil
			})
			for i := range 5 {
				a.Add(app.Hook{Name: fmt.Sprintf("part %d", i), OnStop: func(ctx context.Context) error {
					select {
					case <-time.After(20 * time.Millisecond): // a part that needs some time
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}})
			}
			if os.Getenv("UNREAD_STUCK") != "" {
				a.At(app.Final, "stuck", func(context.Context) error { select {} })
			}
			a.At(app.Final, "last", func(context.Context) error { mark("last"); return nil })
			if os.Getenv("UNREAD_TASK") != "" {
				a.Go("fetch", func(ctx context.Context) error { <-ctx.Done(); return fmt.Errorf("fetch: %w", ctx.Err()) })
			}
		}),
	}
	if os.Getenv("UNREAD_FX") != "" {
		opts = append(opts, fx.WithLogger(func() fxevent.Logger { return &fxevent.ConsoleLogger{W: os.Stderr} }))
	}
	graceful.Run(opts...)
}
