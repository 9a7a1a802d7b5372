package otel_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// collector is a collector that remembers what it was sent.
type collector struct {
	*httptest.Server
	mu       sync.Mutex // guards everything below
	resource map[string]string
	spans    map[string]map[string]string // attributes by name
	traces   map[string]string            // the trace of a span
	metrics  map[string][]map[string]string
	lines    map[string]string // the trace of a line of the log
}

func newCollector(t *testing.T) *collector {
	c := &collector{resource: map[string]string{}, spans: map[string]map[string]string{}, traces: map[string]string{},
		metrics: map[string][]map[string]string{}, lines: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(_ http.ResponseWriter, r *http.Request) {
		var got tracepb.ExportTraceServiceRequest
		c.decode(t, r, &got)
		c.addSpans(&got)
	})
	mux.HandleFunc("POST /v1/metrics", func(_ http.ResponseWriter, r *http.Request) {
		var got metricspb.ExportMetricsServiceRequest
		c.decode(t, r, &got)
		for _, rm := range got.ResourceMetrics {
			c.about(rm.Resource.Attributes)
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					c.add(func() { c.metrics[m.Name] = nil })
					for _, p := range append(m.GetGauge().GetDataPoints(), m.GetSum().GetDataPoints()...) {
						c.add(func() { c.metrics[m.Name] = append(c.metrics[m.Name], plain(p.Attributes)) })
					}
				}
			}
		}
	})
	mux.HandleFunc("POST /v1/logs", func(_ http.ResponseWriter, r *http.Request) {
		var got logspb.ExportLogsServiceRequest
		c.decode(t, r, &got)
		for _, rl := range got.ResourceLogs {
			for _, sl := range rl.ScopeLogs {
				for _, l := range sl.LogRecords {
					c.add(func() { c.lines[l.Body.GetStringValue()] = hex.EncodeToString(l.TraceId) })
				}
			}
		}
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) addSpans(got *tracepb.ExportTraceServiceRequest) {
	for _, rs := range got.ResourceSpans {
		c.about(rs.Resource.Attributes)
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				c.add(func() {
					c.spans[s.Name] = plain(s.Attributes)
					c.traces[s.Name] = hex.EncodeToString(s.TraceId)
				})
			}
		}
	}
}

// overGRPC is a collector of spans over gRPC.
type overGRPC struct {
	tracepb.UnimplementedTraceServiceServer
	*collector
}

func (c overGRPC) Export(_ context.Context, got *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	c.addSpans(got)
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// listenGRPC returns the URL at which c takes spans over gRPC.
func (c *collector) listenGRPC(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gs := grpc.NewServer()
	tracepb.RegisterTraceServiceServer(gs, overGRPC{collector: c})
	go gs.Serve(ln)
	t.Cleanup(gs.Stop)
	return "http://" + ln.Addr().String()
}

func (c *collector) decode(t *testing.T, r *http.Request, into proto.Message) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, into)
	}
	if err != nil {
		t.Errorf("%s: %v", r.URL.Path, err)
	}
}

func (c *collector) add(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn()
}

func (c *collector) about(attrs []*commonpb.KeyValue) {
	c.add(func() { c.resource = plain(attrs) })
}

func plain(attrs []*commonpb.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range attrs {
		m[a.Key] = a.Value.GetStringValue()
	}
	return m
}

// blackHole accepts connections and never answers.
func blackHole(t *testing.T) (url string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return "http://" + ln.Addr().String()
}

// deafCollector accepts connections, reports when the first has sent something, and
// never answers.
func deafCollector(t *testing.T) (asked <-chan struct{}, url string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var first sync.Once
	said := make(chan struct{})
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 1))
				first.Do(func() { close(said) })
				_, _ = io.Copy(io.Discard, c) // until the other end closes it
			})
		}
	})
	t.Cleanup(func() { ln.Close(); serving.Wait() })
	return said, "http://" + ln.Addr().String()
}
