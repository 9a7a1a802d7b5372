package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// request is sent once. Its body exists only once, in this run and any other.
type request struct {
	body   string
	target string
	get    bool
}

func newRequest(p *Plan, client, n int) *request {
	r := &request{target: p.Path, get: p.Get}
	if p.Get {
		return r
	}
	if rand.Float64() < p.Slow {
		r.target += fmt.Sprintf("?d=%dus", (p.SlowFrom + rand.N(p.SlowTo-p.SlowFrom)).Microseconds())
	}
	r.body = fmt.Sprintf("%d-%d-%016x", client, n, rand.Uint64())
	if len(r.body) < p.Body {
		r.body += strings.Repeat("-", p.Body-len(r.body))
	}
	return r
}

// wire is the request as HTTP/1.1, to be sent in one write.
func (r *request) wire() string {
	var b strings.Builder
	if r.get {
		fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", r.target)
	} else {
		fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n%s", r.target, len(r.body), r.body)
	}
	return b.String()
}
