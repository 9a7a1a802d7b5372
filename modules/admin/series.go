package admin

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	sampleEvery  = 10 * time.Second
	seriesLength = 360 // samples of an hour
)

// series are the samples of the last hour.
type series struct {
	running sync.WaitGroup // sample

	mu      sync.Mutex // guards everything below
	samples []Sample
}

func (s *series) list() []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sample{}, s.samples...)
}

func (s *series) add(v Sample) { s.load([]Sample{v}) }

// load adds samples, also of earlier generations.
func (s *series) load(more []Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = merge(s.samples, more, seriesLength, func(v Sample) [2]int64 { return [2]int64{v.At, int64(v.Generation)} },
		func(a, b Sample) int { return cmp.Compare(a.At, b.At) })
}

// sample adds to the series until the server is about to end.
func (s *Server) sample() {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	before, at := 0.0, time.Now() // the first requests come later
	for {
		select {
		case now := <-tick.C:
			all := s.metrics()
			requests := total(all)
			s.series.add(sampleOf(all, now, max(0, requests-before)/now.Sub(at).Seconds(), s.app.Generation()))
			before, at = requests, now
		case <-s.leaving:
			return
		}
	}
}

func total(all []app.Metric) (sum float64) {
	for _, m := range all {
		if m.Name == "http_requests_total" {
			sum += m.Value
		}
	}
	return sum
}

func sampleOf(all []app.Metric, now time.Time, rate float64, generation int) Sample {
	v := Sample{At: now.Unix(), Requests: rate, Generation: generation}
	for _, m := range all {
		switch m.Name {
		case "http_connections":
			v.Open += m.Value
			if slices.Contains(m.Labels, "active") {
				v.Active += m.Value
			}
		case "go_heap_bytes":
			v.Heap = m.Value
		}
	}
	return v
}
