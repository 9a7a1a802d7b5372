package conns

import (
	"net/http"
	"time"
)

// SetLifetime changes how long connections may live, and how many requests they may
// have, also for those that are open. 0 is no limit.
func (s *Set) SetLifetime(age time.Duration, requests int) { s.lifetime.Set(age, requests) }

// Outlived reports whether the response to r has to say goodbye by its header,
// because the connection has had its time or its requests and cannot say so itself:
// HTTP/1.0, and what is left to net/http.
func (s *Set) Outlived(r *http.Request) bool {
	if !s.lifetime.Any() { // nearly always
		return false
	}
	t := ofRequest(r)
	switch {
	case t == nil:
		return false
	case t.http2:
		return t.goodbye == nil && t.life.Over()
	default:
		return (t.belowTLS || !r.ProtoAtLeast(1, 1)) && t.life.Over()
	}
}
