package otel

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// newExporters returns the exporters, nil for a signal without a collector. It does
// not connect yet: a collector that is away keeps no application from starting. The
// calls, if not nil, are for both.
func newExporters(ctx context.Context, endpoint string, calls *calls) (traces sdktrace.SpanExporter, metrics sdkmetric.Exporter, err error) {
	var traceOpts []otlptracehttp.Option
	var metricOpts []otlpmetrichttp.Option
	if calls != nil {
		client := calls.client()
		traceOpts = append(traceOpts, otlptracehttp.WithHTTPClient(client))
		metricOpts = append(metricOpts, otlpmetrichttp.WithHTTPClient(client))
	}
	if endpoint != "" {
		base := strings.TrimSuffix(endpoint, "/")
		traceOpts = append(traceOpts, otlptracehttp.WithEndpointURL(base+"/v1/traces"))
		metricOpts = append(metricOpts, otlpmetrichttp.WithEndpointURL(base+"/v1/metrics"))
	}
	if endpoint != "" || named("TRACES") {
		if traces, err = otlptracehttp.New(ctx, traceOpts...); err != nil {
			return nil, nil, fmt.Errorf("otel: traces: %w", err)
		}
	}
	if endpoint != "" || named("METRICS") {
		if metrics, err = otlpmetrichttp.New(ctx, metricOpts...); err != nil {
			return nil, nil, fmt.Errorf("otel: metrics: %w", err)
		}
	}
	return traces, metrics, nil
}

func named(signal string) bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
}

// newCalls returns connections that can be closed at the end, which those of
// the exporters' own cannot. It is nil if the environment has wishes that only
// those understand.
func newCalls() *calls {
	for _, signal := range []string{"", "TRACES_", "METRICS_"} {
		for _, wish := range []string{"CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY", "TIMEOUT"} {
			if os.Getenv("OTEL_EXPORTER_OTLP_"+signal+wish) != "" {
				return nil
			}
		}
	}
	return &calls{open: map[net.Conn]bool{}}
}
