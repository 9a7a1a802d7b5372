package httpserver

import (
	"io"
	"net/http"
	"sync"
	"testing"
)

func TestMetricsCountConnectionsByState(t *testing.T) {
	t.Parallel()
	began, end := make(chan struct{}), make(chan struct{})
	r := serveOn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-end
		}
	}))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	get := func(path string) {
		if resp, err := client.Get("http://" + r.addr + path); err != nil {
			t.Error(err)
		} else {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	get("/")
	get("/")
	done := make(chan struct{})
	go func() { defer close(done); get("/slow") }()
	<-began
	r.metric(t, "http_requests_total", "", 3)
	r.metric(t, "http_connections", "active", 1)
	r.metric(t, "http_connections", "hijacked", 0)
	r.metric(t, "http_requests_in_flight", "", 1)
	r.metric(t, "http_requests_aborted_total", "stalled", 0)
	close(end)
	<-done
}

// metric compares one metric of the application.
func (r *rig) metric(t *testing.T, name, state string, want float64) {
	t.Helper()
	for _, f := range r.app.Wiring().Metrics() {
		if f.Name == name && (state == "" || f.Labels[3] == state) {
			if f.Value != want {
				t.Errorf("%s %s: got %v, want %v", name, state, f.Value, want)
			}
			return
		}
	}
	t.Errorf("no metric %s %s", name, state)
}

// Metrics are read while a process starts, too.
func TestMetricsMayBeReadWhileTheServerStarts(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := newRig(t, nil, http.NotFoundHandler(), opt)
	var reading sync.WaitGroup
	stop := make(chan struct{})
	begun := make(chan struct{})
	reading.Go(func() {
		close(begun)
		for {
			select {
			case <-stop:
				return
			default:
				r.app.Wiring().Metrics()
				r.app.Wiring().InFlight(1)
			}
		}
	})
	<-begun
	r.start()
	close(stop)
	reading.Wait()
	if len(r.server.metrics()) == 0 {
		t.Error("a server that serves has no metrics")
	}
}
