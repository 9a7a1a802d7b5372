// Package otel sends traces and metrics of a graceful application to an
// OpenTelemetry collector.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		otel.Module, // TODO_OTEL_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT
//	)
//
// Every request is a span and counts in http.server.request.duration and its
// fellows (package otelhttp). So is the life of the process: a trace for the start
// and one for the stop, with a span for each of their steps, and the figures of all
// parts of the program as metrics named graceful.
//
// Spans and metrics that are still here at the end are flushed in the phase Final,
// so that they include the drain as well; unlike those that Prometheus scrapes,
// they include what was cut. The flush has its own time, otel.flush_timeout, of
// which a collector that does not answer can use no more; what it then has not
// taken is lost, with a warning, and the stop is clean nevertheless.
//
// Without an endpoint nothing is sent, requests are not touched, and the providers
// do next to nothing.
//
// The providers are in the graph (trace.TracerProvider, metric.MeterProvider); the
// global ones of OpenTelemetry are left alone, unless [SetGlobal] is given, for
// libraries that know no others.
package otel
