package app

// A Metric is one number of a part of the program as of now, named for a
// metrics system: the name ends in the unit, seconds or bytes, and that of a
// Total in "_total". Labels are name and value, alternating.
type Metric struct {
	Name   string   `json:"name"`
	Help   string   `json:"help,omitempty"`
	Labels []string `json:"labels,omitempty"`
	Value  float64  `json:"value"`
	Total  bool     `json:"total,omitempty"` // it only ever grows (a counter)
}

// AddMetrics registers a function that returns metrics. Exporters call it from
// any goroutine and perhaps every second: it must be cheap and must not block.
func (w Wiring) AddMetrics(from func() []Metric) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metrics = append(r.metrics[:len(r.metrics):len(r.metrics)], from)
}

// Metrics returns the metrics of every part that has some, in the order in
// which they were registered. A function that panics has none.
func (w Wiring) Metrics() (all []Metric) {
	r := &w.app.registry
	r.mu.Lock()
	sources := r.metrics
	r.mu.Unlock()
	for _, from := range sources {
		all = append(all, collect(from)...)
	}
	return all
}

// collect calls from, which may panic: then it has nothing.
func collect[T any](from func() []T) (list []T) {
	defer func() { _ = recover() }()
	return from()
}
