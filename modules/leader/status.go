package leader

import (
	"sync"

	"github.com/gracefulfx/graceful/app"
)

// status has what the metrics of a candidate report.
type status struct {
	mu    sync.Mutex // guards everything below
	leads bool
	token int64 // of the last term
	terms int
}

func (s *status) begin(token int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads, s.token = true, token
	s.terms++
}

func (s *status) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leads = false
}

// is reports whether the term with that token has not ended.
func (s *status) is(token int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leads && s.token == token
}

func (c *candidate) metrics() []app.Metric {
	c.status.mu.Lock()
	defer c.status.mu.Unlock()
	leads := 0.0
	if c.status.leads {
		leads = 1
	}
	label := []string{"task", c.task.Name}
	return []app.Metric{
		{Name: "leader", Help: "1 if this process leads.", Labels: label, Value: leads},
		{Name: "leader_token", Help: "Fencing token of the last term of this process.", Labels: label, Value: float64(c.status.token)},
		{Name: "leader_terms_total", Help: "How often this process became the leader.", Labels: label, Total: true, Value: float64(c.status.terms)},
	}
}
