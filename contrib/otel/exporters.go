package otel

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// collector is the destination of the OTLP exporters. None of them connects when it
// is made: a collector that is away does not keep an application from starting.
type collector struct {
	endpoint string       // of the section otel; empty for the variables
	conns    *connections // nil if the exporters make their own
}

// url returns the endpoint of a signal over HTTP, whose path is part of OTLP.
func (c collector) url(s signal) string {
	return strings.TrimSuffix(c.endpoint, "/") + "/v1/" + s.String()
}

// spans returns the exporter of spans, or nil if they are not sent.
func (c collector) spans(ctx context.Context, to choice) (e sdktrace.SpanExporter, err error) {
	switch {
	case to.exporter == none:
		return nil, nil
	case to.exporter == console:
		e, err = stdouttrace.New()
	case to.protocol == overGRPC:
		var opts []otlptracegrpc.Option
		if c.endpoint != "" {
			opts = append(opts, otlptracegrpc.WithEndpointURL(c.endpoint))
		}
		e, err = otlptracegrpc.New(ctx, opts...)
	default:
		var opts []otlptracehttp.Option
		if c.conns != nil {
			opts = append(opts, otlptracehttp.WithHTTPClient(c.conns.client()))
		}
		if c.endpoint != "" {
			opts = append(opts, otlptracehttp.WithEndpointURL(c.url(traces)))
		}
		e, err = otlptracehttp.New(ctx, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("otel: traces: %w", err)
	}
	return e, nil
}

// points returns the exporter of metrics, or nil if they are not sent.
func (c collector) points(ctx context.Context, to choice) (e sdkmetric.Exporter, err error) {
	switch {
	case to.exporter == none:
		return nil, nil
	case to.exporter == console:
		e, err = stdoutmetric.New()
	case to.protocol == overGRPC:
		var opts []otlpmetricgrpc.Option
		if c.endpoint != "" {
			opts = append(opts, otlpmetricgrpc.WithEndpointURL(c.endpoint))
		}
		e, err = otlpmetricgrpc.New(ctx, opts...)
	default:
		var opts []otlpmetrichttp.Option
		if c.conns != nil {
			opts = append(opts, otlpmetrichttp.WithHTTPClient(c.conns.client()))
		}
		if c.endpoint != "" {
			opts = append(opts, otlpmetrichttp.WithEndpointURL(c.url(metrics)))
		}
		e, err = otlpmetrichttp.New(ctx, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("otel: metrics: %w", err)
	}
	return e, nil
}

// records returns the exporter of log records, or nil if they are not sent.
func (c collector) records(ctx context.Context, to choice) (e sdklog.Exporter, err error) {
	switch {
	case to.exporter == none:
		return nil, nil
	case to.exporter == console:
		e, err = stdoutlog.New()
	case to.protocol == overGRPC:
		var opts []otlploggrpc.Option
		if c.endpoint != "" {
			opts = append(opts, otlploggrpc.WithEndpointURL(c.endpoint))
		}
		e, err = otlploggrpc.New(ctx, opts...)
	default:
		var opts []otlploghttp.Option
		if c.conns != nil {
			opts = append(opts, otlploghttp.WithHTTPClient(c.conns.client()))
		}
		if c.endpoint != "" {
			opts = append(opts, otlploghttp.WithEndpointURL(c.url(logs)))
		}
		e, err = otlploghttp.New(ctx, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("otel: logs: %w", err)
	}
	return e, nil
}
