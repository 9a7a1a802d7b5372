package prometheus

import (
	"errors"
	"fmt"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// ErrShared is returned when the registry has metrics of another application
// already, under the same names.
var ErrShared = errors.New("two applications share a registry: set metrics.app_label, or another metrics.prefix")

// Register adds a Collector of a to a registry, until a has ended. A second
// application in the same registry must differ in its prefix, or both must have
// their names as a label (c.AppLabel): otherwise it is refused with ErrShared,
// since its metrics would be dropped at each scrape. Register does not block; call
// it once for each App and registry.
func Register(r client.Registerer, a *app.App, store *config.Store, c Config) error {
	collector := NewCollector(a, store, c.Prefix)
	if c.AppLabel {
		collector.labels = client.Labels{"app": a.Name()}
	}
	mark := marker{client.NewDesc(collector.prefix+"collector", "Marks the names as taken.", nil, collector.labels)}
	if err := claim(r, a, mark); err != nil {
		return err
	}
	if err := r.Register(collector); err != nil {
		return fmt.Errorf("register the metrics of %s: %w", a.Name(), err)
	}
	atEnd(a, func() { collector.ended.Store(true) })
	return nil
}

// claim registers a collector of a until a has ended.
func claim(r client.Registerer, a *app.App, c client.Collector) error {
	if err := r.Register(c); err != nil {
		return fmt.Errorf("register the metrics of %s: %w: %w", a.Name(), ErrShared, err)
	}
	atEnd(a, func() { r.Unregister(c) })
	return nil
}

func atEnd(a *app.App, fn func()) {
	a.Observe(func(e app.Event) {
		if s, ok := e.(app.StateChanged); ok && (s.To == app.StateStopped || s.To == app.StateFailed) {
			fn()
		}
	})
}

// marker is a collector without metrics. Its description can be registered only
// once.
type marker struct{ desc *client.Desc }

func (m marker) Describe(to chan<- *client.Desc) { to <- m.desc }

func (marker) Collect(chan<- client.Metric) {}
