package otel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/otel"
)

// For the application's spans take the provider from the graph.
func Example() {
	app := fx.New(fx.NopLogger,
		graceful.Core,
		otel.Module, // APP_OTEL_ENDPOINT=http://127.0.0.1:4318
		fx.Invoke(func(p trace.TracerProvider) {
			_, span := p.Tracer("mailer").Start(context.Background(), "send")
			defer span.End()
			fmt.Println("sampled:", span.SpanContext().IsSampled())
		}),
	)
	fmt.Println(app.Err())
	// Output:
	// sampled: false
	// <nil>
}
