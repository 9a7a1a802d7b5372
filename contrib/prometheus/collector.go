package prometheus

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// DefaultPrefix begins the names of all metrics unless another prefix is set.
const DefaultPrefix = "graceful"

// A Collector collects the metrics of an application. It may be registered with
// several registries. A registry must have only one collector, or each must have
// another prefix or an application label: Register checks that.
type Collector struct {
	prefix  string
	labels  client.Labels // of every metric
	ended   atomic.Bool   // no longer collects anything
	sources []func() []app.Metric
}

var _ client.Collector = (*Collector)(nil)

// checkTimeout bounds how long the checks of readiness may delay a scrape.
const checkTimeout = 2 * time.Second

// NewCollector returns a collector for a and, unless it is nil, store. An empty
// prefix means DefaultPrefix.
func NewCollector(a *app.App, store *config.Store, prefix string) *Collector {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	process := func() []app.Metric {
		ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
		defer cancel()
		return a.Wiring().ProcessMetrics(ctx)
	}
	c := &Collector{prefix: strings.TrimSuffix(prefix, "_") + "_", sources: []func() []app.Metric{process, exported(a.Wiring().Metrics)}}
	if store != nil {
		c.sources = append(c.sources, store.Metrics)
	}
	return c
}

// Describe describes nothing: the metrics are known only when they are collected.
// To client_golang this is an unchecked collector.
func (c *Collector) Describe(chan<- *client.Desc) {}

// Collect collects every metric. One that Prometheus would refuse is left out and
// counted, so that the mistake of one part does not hide the metrics of another.
func (c *Collector) Collect(to chan<- client.Metric) {
	if c.ended.Load() {
		return
	}
	s := filter{prefix: c.prefix, labels: c.labels, families: map[string]family{}, seen: map[string]bool{}}
	for _, source := range c.sources {
		for _, f := range source() {
			if m := s.metric(f); m != nil {
				to <- m
			} else {
				s.rejected++
			}
		}
	}
	to <- s.metric(app.Metric{Name: "metrics_rejected", Help: "Metrics that were left out of this scrape.", Value: s.rejected})
}

// filter passes the metrics that one exposition may hold: a name has one help text
// and one type, and a name with its labels occurs once.
type filter struct {
	prefix   string
	labels   client.Labels
	families map[string]family
	seen     map[string]bool
	rejected float64
}

type family struct {
	help  string
	total bool
}

func (s *filter) metric(f app.Metric) client.Metric {
	if len(f.Labels)%2 != 0 {
		return nil
	}
	var names, values []string
	for i := 0; i < len(f.Labels); i += 2 {
		names = append(names, f.Labels[i])
		values = append(values, strings.ToValidUTF8(f.Labels[i+1], "?"))
	}
	id := strings.Join(append([]string{f.Name}, append(names, values...)...), "\xff")
	fam, known := s.families[f.Name]
	if !known {
		fam = family{help: f.Help, total: f.Total}
	}
	if s.seen[id] || fam.total != f.Total {
		return nil
	}
	kind := client.GaugeValue
	if f.Total {
		kind = client.CounterValue
	}
	m, err := client.NewConstMetric(client.NewDesc(s.prefix+f.Name, fam.help, names, s.labels), kind, f.Value, values...)
	if err != nil {
		return nil
	}
	s.families[f.Name], s.seen[id] = fam, true
	return m
}
