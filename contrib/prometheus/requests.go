package prometheus

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/felixge/httpsnoop"
	client "github.com/prometheus/client_golang/prometheus"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// newRequests returns a middleware that measures requests, each by the pattern of
// its route: there may be as many paths as ids.
func newRequests(a *app.App, r *client.Registry, conf *config.Value[Config]) (func(http.Handler) http.Handler, error) {
	c := conf.Get()
	opts := client.HistogramOpts{
		Name:                        strings.TrimSuffix(c.Prefix, "_") + "_" + "http_request_duration_seconds",
		Help:                        "Requests by route, method and class of status, with the time they took.",
		Buckets:                     client.DefBuckets,
		NativeHistogramBucketFactor: 1.1,
	}
	if c.AppLabel {
		opts.ConstLabels = client.Labels{"app": a.Name()}
	}
	durations := client.NewHistogramVec(opts, []string{"route", "method", "code"})
	if err := claim(r, a, durations); err != nil {
		return nil, err
	}
	a.Wiring().AddMetrics(func() []app.Metric { return latency(durations) })
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m := httpsnoop.Metrics{Code: http.StatusOK}
			began, returned := time.Now(), false
			defer func() {
				if !returned { // it panics
					m.Code = http.StatusInternalServerError
				}
				durations.WithLabelValues(route(r.Pattern), method(r.Method), class(m.Code)).Observe(time.Since(began).Seconds())
			}()
			m.CaptureMetrics(w, func(w http.ResponseWriter) { next.ServeHTTP(w, r) })
			returned = true
		})
	}, nil
}

// route is a pattern without its method, which is a label already. A router that
// does not set http.Request.Pattern has one route.
func route(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = strings.TrimSpace(path)
	}
	if pattern == "" {
		return "unmatched"
	}
	return pattern
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace,
}

// method is a label with a few values, whatever clients send.
func method(m string) string {
	if slices.Contains(methods, m) {
		return m
	}
	return "other"
}

var classes = [...]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}

func class(code int) string {
	if c := code / 100; c > 0 && c < len(classes) {
		return classes[c]
	}
	return classes[0]
}
