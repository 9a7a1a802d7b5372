// Package otel sends traces, metrics and logs of a graceful application to an
// OpenTelemetry collector.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		fx.Provide(newHandler),
//		otel.Module, // TODO_OTEL_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT
//		otel.Logs(), // the log as well
//	)
//
// Every request is a span and counts in http.server.request.duration and related
// metrics (package otelhttp). The life of the process is recorded, too: a trace for
// the start, even if it fails, and one for the stop, with a span for each step, and
// the metrics of all parts of the program, whose names begin with graceful.
//
// [Module] needs no more than the endpoint; [Config] is its section. [Logs] adds
// the log, and [SetGlobal] is for libraries that know only the global providers.
//
// # Variables
//
// The variables of the OpenTelemetry specification apply; the endpoint may also be
// the setting otel.endpoint. The log says at the start where each signal goes.
//
//	OTEL_SDK_DISABLED                 true switches everything off
//	OTEL_{TRACES,METRICS,LOGS}_EXPORTER
//	                                  otlp, console (standard output), none
//	OTEL_EXPORTER_OTLP_[signal_]PROTOCOL
//	                                  http/protobuf, grpc; http/json for traces
//	OTEL_PROPAGATORS                  tracecontext, baggage, b3, b3multi, jaeger,
//	                                  xray, ottrace, none
//	all others                        as the SDK and its exporters read them
//
// An unknown value is ignored with a warning. The specification's default is a
// collector on the same host; here a signal without an endpoint goes nowhere,
// unless its exporter is named.
//
// # The end
//
// Spans, metrics and records that have not been sent are flushed in the phase
// Final, so that they include the drain; unlike those that Prometheus scrapes, they
// include what was cut. The flush has a separate time limit, otel.flush_timeout.
// What the collector has not taken by its end is lost, with a warning, and the stop
// is clean nevertheless.
//
// Without an endpoint nothing is sent, requests are not wrapped, and the providers
// do next to nothing.
//
// The providers are in the graph (trace.TracerProvider, metric.MeterProvider,
// log.LoggerProvider). The global providers of OpenTelemetry are left alone, unless
// [SetGlobal] is used, which is for libraries that use only those. Its global error
// handler and logger are set, so that their messages are in the log.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#metrics-and-traces
package otel
