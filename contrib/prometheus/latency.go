package prometheus

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/gracefulfx/graceful/app"
)

// latencyPrefix begins the metrics that the page of the admin API shows and this
// module does not export, since the histogram contains them.
const latencyPrefix = "http_latency_"

// latency returns the histogram summed up over its labels, for the page: how many
// requests took at most each limit, and how many of all ended with a 5xx.
func latency(durations *client.HistogramVec) (all []app.Metric) {
	within, errors := map[float64]uint64{}, uint64(0)
	found := make(chan client.Metric)
	go func() { defer close(found); durations.Collect(found) }()
	for m := range found {
		var d dto.Metric
		if m.Write(&d) != nil {
			continue
		}
		for _, b := range d.GetHistogram().GetBucket() {
			within[b.GetUpperBound()] += b.GetCumulativeCount()
		}
		for _, l := range d.GetLabel() {
			if l.GetName() == "code" && l.GetValue() == class(500) {
				errors += d.GetHistogram().GetSampleCount()
			}
		}
		within[math.Inf(1)] += d.GetHistogram().GetSampleCount()
	}
	for _, limit := range slices.Sorted(maps.Keys(within)) {
		all = append(all, app.Metric{Name: latencyPrefix + "bucket_total", Labels: []string{"le", strconv.FormatFloat(limit, 'g', -1, 64)}, Value: float64(within[limit]), Total: true})
	}
	return append(all, app.Metric{Name: latencyPrefix + "errors_total", Value: float64(errors), Total: true})
}

// exported leaves out the metrics for the page.
func exported(from func() []app.Metric) func() []app.Metric {
	return func() []app.Metric {
		return slices.DeleteFunc(from(), func(m app.Metric) bool { return strings.HasPrefix(m.Name, latencyPrefix) })
	}
}
