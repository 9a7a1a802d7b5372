module github.com/gracefulfx/graceful/contrib/otel

go 1.26.0

replace github.com/gracefulfx/graceful => ../..

require (
	github.com/go-logr/logr v1.4.4 // what the SDK logs becomes a note
	github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
	go.opentelemetry.io/contrib/bridges/otelslog v0.21.0 // records of slog to the collector
	go.opentelemetry.io/contrib/bridges/otelzap v0.21.0 // lines of zap to the collector
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.72.0 // spans and metrics of requests
	go.opentelemetry.io/contrib/propagators/autoprop v0.72.0 // OTEL_PROPAGATORS
	go.opentelemetry.io/otel v1.47.0 // the API: attributes, the global providers of SetGlobal
	go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc v0.23.0 // log records over gRPC
	go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp v0.23.0 // log records to the collector
	go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc v1.47.0 // metrics over gRPC
	go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp v1.47.0 // metrics to the collector
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.47.0 // spans over gRPC
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp v1.47.0 // spans to the collector
	go.opentelemetry.io/otel/exporters/stdout/stdoutlog v0.23.0 // OTEL_LOGS_EXPORTER=console
	go.opentelemetry.io/otel/exporters/stdout/stdoutmetric v1.47.0 // OTEL_METRICS_EXPORTER=console
	go.opentelemetry.io/otel/exporters/stdout/stdouttrace v1.47.0 // OTEL_TRACES_EXPORTER=console
	go.opentelemetry.io/otel/log v1.47.0 // the API of logs
	go.opentelemetry.io/otel/metric v1.47.0 // the API of metrics
	go.opentelemetry.io/otel/sdk v1.47.0 // the provider of spans
	go.opentelemetry.io/otel/sdk/log v1.47.0 // the provider of logs
	go.opentelemetry.io/otel/sdk/metric v1.47.0 // the provider of metrics
	go.opentelemetry.io/otel/trace v1.47.0 // the API of spans
	go.opentelemetry.io/proto/otlp v1.11.1 // tests: what a collector is sent
	go.uber.org/fx v1.24.0 // the host
	go.uber.org/goleak v1.3.0 // tests: no goroutine outlives its owner
	go.uber.org/zap v1.28.0 // the log of the application
	google.golang.org/grpc v1.85.0 // tests: a collector over gRPC
	google.golang.org/protobuf v1.36.12 // tests: the same
)

require (
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/felixge/httpsnoop v1.1.0 // indirect
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.31.0 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/sagikazarmark/locafero v0.11.0 // indirect
	github.com/sourcegraph/conc v0.3.1-0.20240121214520-5f936abd7ae8 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/spf13/pflag v1.1.0 // indirect
	github.com/spf13/viper v1.21.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/contrib/propagators/aws v1.47.0 // indirect
	go.opentelemetry.io/contrib/propagators/b3 v1.47.0 // indirect
	go.opentelemetry.io/contrib/propagators/jaeger v1.47.0 // indirect
	go.opentelemetry.io/contrib/propagators/ot v1.47.0 // indirect
	go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.47.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260928230214-8a89bd6388cc // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260928230214-8a89bd6388cc // indirect
)
