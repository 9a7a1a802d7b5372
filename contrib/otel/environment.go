package otel

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel/propagation"
)

// signal is one of traces, metrics and logs, with its names in variables.
type signal string

const (
	traces  signal = "TRACES"
	metrics signal = "METRICS"
	logs    signal = "LOGS"
)

func (s signal) String() string { return strings.ToLower(string(s)) }

// The supported exporters and protocols.
const (
	otlp    = "otlp"
	console = "console"
	none    = "none"

	httpProtobuf = "http/protobuf"
	httpJSON     = "http/json" // the official exporter of spans has it, the others do not
	overGRPC     = "grpc"
)

// choice says where a signal goes.
type choice struct {
	exporter string // otlp, console or none
	protocol string // of otlp
}

func (c choice) String() string {
	if c.exporter == otlp {
		return otlp + " over " + c.protocol
	}
	return c.exporter
}

// disabled reports whether OTEL_SDK_DISABLED switches everything off.
func disabled() (off bool, problem error) {
	switch v := os.Getenv("OTEL_SDK_DISABLED"); strings.ToLower(v) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, fmt.Errorf("OTEL_SDK_DISABLED=%q is ignored: write true or false", v)
	}
}

// choose reads the variables of a signal. The specification's default is a
// collector on this host; here a signal without an endpoint goes nowhere, unless
// its exporter is named. An unknown value is ignored with a problem, as the
// specification demands.
func choose(s signal, endpoint string) (c choice, problems []error) {
	c = choice{exporter: none, protocol: httpProtobuf}
	if endpoint != "" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+string(s)+"_ENDPOINT") != "" {
		c.exporter = otlp
	}
	key := "OTEL_" + string(s) + "_EXPORTER"
	if v := os.Getenv(key); slices.Contains([]string{otlp, console, none}, v) {
		c.exporter = v
	} else if v == "prometheus" {
		c.exporter = none
		problems = append(problems, fmt.Errorf("%s=prometheus sends nothing from here: add contrib/prometheus, which is scraped", key))
	} else if v != "" {
		problems = append(problems, fmt.Errorf("%s=%q is ignored: write otlp, console or none", key, v))
	}
	for _, key := range []string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_" + string(s) + "_PROTOCOL"} {
		switch v := os.Getenv(key); {
		case v == "":
		case v == httpProtobuf, v == overGRPC, v == httpJSON && s == traces:
			c.protocol = v
		case v == httpJSON:
			problems = append(problems, fmt.Errorf("%s=%s is ignored for %s: they go over %s", key, v, s, c.protocol))
		default:
			problems = append(problems, fmt.Errorf("%s=%q is ignored: write %s or %s", key, v, httpProtobuf, overGRPC))
		}
	}
	return c, problems
}

// propagators returns those of OTEL_PROPAGATORS, by default trace context and
// baggage.
func propagators() (propagation.TextMapPropagator, error) {
	usual := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	list := os.Getenv("OTEL_PROPAGATORS")
	if list == "" {
		return usual, nil
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	p, err := autoprop.TextMapPropagator(names...)
	if err != nil {
		return usual, fmt.Errorf("OTEL_PROPAGATORS=%q is ignored: %w", list, err)
	}
	return p, nil
}
