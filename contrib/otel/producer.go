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

// producer makes metrics of the figures of all parts, which are as of now and
// so need no instruments.
type producer struct {
	app   *app.App
	store *config.Store // may be nil
	began time.Time
}

// Produce is called by the SDK whenever it sends metrics.
func (p *producer) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	now := time.Now()
	var families []metricdata.Metrics
	index := map[string]int{}
	for _, f := range p.figures() {
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

func kind(f app.Figure) metricdata.Aggregation {
	if f.Total {
		return metricdata.Sum[float64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
	}
	return metricdata.Gauge[float64]{}
}

func attributes(f app.Figure) attribute.Set {
	var kv []attribute.KeyValue
	for i := 0; i+1 < len(f.Labels); i += 2 {
		kv = append(kv, attribute.String(f.Labels[i], f.Labels[i+1]))
	}
	return attribute.NewSet(kv...)
}

func (p *producer) figures() []app.Figure {
	all := []app.Figure{
		{Name: "state", Help: "The state of the process.", Labels: []string{"state", p.app.State().String()}, Value: 1},
		{Name: "generation", Help: "Processes that handed their sockets on to one another, this one included.", Value: float64(p.app.Generation())},
	}
	for _, s := range p.app.Report().Steps {
		for result, n := range s.Counts {
			all = append(all, app.Figure{Name: "stop_results", Help: "What functions of the stop counted.",
				Labels: []string{"step", s.Name, "result", result}, Value: float64(n)})
		}
	}
	all = append(all, p.app.Figures()...)
	if p.store != nil {
		for _, f := range p.store.Figures() {
			all = append(all, app.Figure(f))
		}
	}
	return all
}
