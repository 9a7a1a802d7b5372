package main

import (
	"net/http"
	"sync"
	"time"
)

// throttle is a token bucket whose rate may change from one call to the next. The
// zero value is full.
//
// It guards the service as a whole. A limit for each client belongs to the proxy in
// front, which knows them.
type throttle struct {
	mu     sync.Mutex
	tokens float64
	last   time.Time
}

// take reports whether one more may pass, at rate per second and as many at once. A
// rate of 0 is no limit.
func (t *throttle) take(now time.Time, rate int) bool {
	if rate <= 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens = min(t.tokens+now.Sub(t.last).Seconds()*float64(rate), float64(rate))
	t.last = now
	if t.tokens < 1 {
		return false
	}
	t.tokens--
	return true
}

// limited refuses a request when limits.rate is used up.
func (a *API) limited(do action) action {
	return func(w http.ResponseWriter, r *http.Request) error {
		if rate := a.Limits.Get().Rate; !a.writes.take(time.Now(), rate) {
			return problem(http.StatusTooManyRequests, "more than %d writes a second (limits.rate)", rate)
		}
		return do(w, r)
	}
}
