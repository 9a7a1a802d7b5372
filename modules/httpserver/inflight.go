package httpserver

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/weaklist"
)

// An operator who waits for a stop wants to know which request holds it up. The
// handler owns the *http.Request and may change it, so no other goroutine may read
// it. Instead the gate records what identifies a request, three strings and the
// time, in a record that is reused, so that it costs no allocation. The route is
// looked up only when it is needed.

// record is the record of one request while its handler runs.
type record struct {
	began atomic.Int64 // on the clock of the conns.Set; 0: the record is free

	mu                sync.Mutex // guards everything below
	method, host, uri string
}

// requests has the records of one server.
type requests struct {
	free sync.Pool // of *record

	mu  sync.Mutex // guards all
	all weaklist.List[record]
}

// begin records r. The caller calls end when the handler has returned.
func (q *requests) begin(r *http.Request, now int64) *record {
	one, ok := q.free.Get().(*record)
	if !ok {
		one = q.add()
	}
	one.mu.Lock()
	one.method, one.host, one.uri = r.Method, r.Host, r.RequestURI
	one.mu.Unlock()
	one.began.Store(now)
	return one
}

func (q *requests) end(one *record) {
	one.began.Store(0)
	q.free.Put(one)
}

// hide removes the request before its handler has returned: the handler has taken
// over the connection, so it no longer counts as a request.
func (one *record) hide() { one.began.Store(0) }

// add makes a new record, which is listed until the pool drops it.
func (q *requests) add() *record {
	one := &record{}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all.Add(one)
	return one
}

// running is a request in flight as an operator sees it.
type running struct {
	method string
	route  string // pattern of the mux that routes it; empty if not known
	path   string
	age    time.Duration
}

// String returns the request as the log has it.
func (r running) String() string {
	return r.method + " " + cmp.Or(r.route, r.path) + " " + r.age.Round(time.Millisecond).String()
}

// oldest returns the oldest requests that h serves, at most the given number, the
// oldest first.
func (q *requests) oldest(most int, h http.Handler, now int64) (list []running) {
	for _, one := range q.inFlight() {
		began := one.began.Load()
		one.mu.Lock()
		r := http.Request{Method: one.method, Host: one.host}
		uri := one.uri
		one.mu.Unlock()
		if began == 0 || one.began.Load() != began { // the record is another request's by now
			continue
		}
		r.URL, _ = url.ParseRequestURI(uri)
		if r.URL == nil { // CONNECT
			r.URL = &url.URL{Path: uri}
		}
		list = append(list, running{r.Method, routeOf(h, &r), r.URL.Path, time.Duration(now - began)})
	}
	slices.SortFunc(list, func(a, b running) int { return cmp.Compare(b.age, a.age) })
	return list[:min(most, len(list))]
}

func (q *requests) inFlight() []*record {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.DeleteFunc(q.all.All(), func(one *record) bool { return one.began.Load() == 0 })
}

// routeOf returns the pattern of r, from the muxes that h consists of.
func routeOf(h http.Handler, r *http.Request) string {
	switch h := h.(type) {
	case *http.ServeMux:
		_, pattern := h.Handler(r)
		return pattern
	case *app.Health:
		if h.Probe(r.URL.Path) != nil {
			return r.URL.Path
		}
		return routeOf(h.Next, r)
	case router:
		return h.route(r)
	}
	return ""
}

// router is a handler of this package that passes requests on.
type router interface{ route(*http.Request) string }
