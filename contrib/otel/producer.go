package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

const scope = "github.com/gracefulfx/graceful"

// checkTimeout bounds how long the checks of readiness may delay metrics.
const checkTimeout = 2 * time.Second

// producer converts the metrics of all parts. They have their present values, so
// they need no instruments.
type producer struct {
	app   *app.App
	store *config.Store // may be nil
	began time.Time
}

// Produce is called by the SDK whenever it sends metrics.
func (p *producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	now := time.Now()
	var families []metricdata.Metrics
	index := map[string]int{}
	for _, f := range p.metrics(ctx) {
		name := "graceful." + f.Name
		i, known := index[name]
		if !known {
			i = len(families)
			index[name] = i
			families = append(families, metricdata.Metrics{Name: name, Description: f.Help, Data: kind(f)})
		}
		point := metricdata.DataPoint[float64]{Attributes: attributes(f), StartTime: p.began, Time: now, Value: f.Value}
		switch data := families[i].Data.(type) {
		case metricdata.Sum[float64]:
			data.DataPoints = append(data.DataPoints, point)
			families[i].Data = data
		case metricdata.Gauge[float64]:
			data.DataPoints = append(data.DataPoints, point)
			families[i].Data = data
		}
	}
	return []metricdata.ScopeMetrics{{Scope: instrumentation.Scope{Name: scope}, Metrics: families}}, nil
}

func kind(f app.Metric) metricdata.Aggregation {
	if f.Total {
		return metricdata.Sum[float64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
	}
	return metricdata.Gauge[float64]{}
}

func attributes(f app.Metric) attribute.Set {
	var kv []attribute.KeyValue
	for i := 0; i+1 < len(f.Labels); i += 2 {
		kv = append(kv, attribute.String(f.Labels[i], f.Labels[i+1]))
	}
	return attribute.NewSet(kv...)
}

func (p *producer) metrics(ctx context.Context) []app.Metric {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	all := append(p.app.Wiring().ProcessMetrics(ctx), p.app.Wiring().Metrics()...)
	if p.store != nil {
		all = append(all, p.store.Metrics()...)
	}
	return all
}
