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
// Every request is a span and counts in http.server.request.duration and its
// fellows (package otelhttp). So is the life of the process: a trace for the start,
// also for one that fails, and one for the stop, with a span for each of their
// steps, and the metrics of all parts of the program, whose names begin with
// graceful.
//
// # Variables
//
// The variables of the OpenTelemetry specification hold, the endpoint also as
// otel.endpoint. The log says at the start where each signal goes.
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
// A value that is not understood is ignored with a warning. Unlike the
// specification, whose default is a collector on the same host, a signal without an
// endpoint goes nowhere unless its exporter is asked for.
//
// # The end
//
// Spans, metrics and records that are still here at the end are flushed in the
// phase Final, so that they include the drain as well; unlike those that Prometheus
// scrapes, they include what was cut. The flush has its own time,
// otel.flush_timeout, of which a collector that does not answer can use no more;
// what it then has not taken is lost, with a warning, and the stop is clean
// nevertheless.
//
// Without an endpoint nothing is sent, requests are not touched, and the providers
// do next to nothing.
//
// The providers are in the graph (trace.TracerProvider, metric.MeterProvider,
// log.LoggerProvider). The global ones of OpenTelemetry are left alone, unless
// [SetGlobal] is given, for libraries that know no others; its error handler and
// its logger are set, so that what they would print is in the log.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#metrics-and-traces
package otel
