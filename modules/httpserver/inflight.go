package httpserver

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Somebody who waits for a stop wants to know for which request. Its handler owns the *http.Request and may change it,
// so nobody else may look into that. The gate notes what identifies a request instead: three strings and the time, in
// a place that is used again, so that it costs no allocation. Which route it takes is found out by whoever asks.

// inFlight is one request while its handler runs.
type inFlight struct {
	began atomic.Int64 // on the clock of connSet; 0: the place is free

	mu                sync.Mutex // guards what follows
	method, host, uri string
}

// flights are the requests of one server.
type flights struct {
	free sync.Pool // of *inFlight

	mu  sync.Mutex // guards all
	all passing[inFlight]
}

// begin notes r. The caller calls land when its handler has returned.
func (f *flights) begin(r *http.Request, now int64) *inFlight {
	one, ok := f.free.Get().(*inFlight)
	if !ok {
		one = f.add()
	}
	one.mu.Lock()
	one.method, one.host, one.uri = r.Method, r.Host, r.RequestURI
	one.mu.Unlock()
	one.began.Store(now)
	return one
}

func (f *flights) land(one *inFlight) {
	one.began.Store(0)
	f.free.Put(one)
}

// add makes a new place, which is known as long as the pool does not give it up.
func (f *flights) add() *inFlight {
	one := &inFlight{}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all.add(one)
	return one
}

// ongoing is what is told of a request in flight.
type ongoing struct {
	method string
	route  string // pattern of the mux that routes it; empty if that is not known
	path   string
	age    time.Duration
}

// String is the request as it stands in a log.
func (r ongoing) String() string {
	return r.method + " " + cmp.Or(r.route, r.path) + " " + r.age.Round(time.Millisecond).String()
}

// oldest returns the most old of the requests that h serves, the oldest first.
func (f *flights) oldest(most int, h http.Handler, now int64) (list []ongoing) {
	for _, one := range f.running() {
		began := one.began.Load()
		one.mu.Lock()
		r := http.Request{Method: one.method, Host: one.host}
		uri := one.uri
		one.mu.Unlock()
		if began == 0 || one.began.Load() != began { // it is another one by now
			continue
		}
		r.URL, _ = url.ParseRequestURI(uri)
		if r.URL == nil { // CONNECT
			r.URL = &url.URL{Path: uri}
		}
		list = append(list, ongoing{r.Method, routeOf(h, &r), r.URL.Path, time.Duration(now - began)})
	}
	slices.SortFunc(list, func(a, b ongoing) int { return cmp.Compare(b.age, a.age) })
	return list[:min(most, len(list))]
}

func (f *flights) running() []*inFlight {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(f.all.all(), func(one *inFlight) bool { return one.began.Load() == 0 })
}

// routeOf asks the muxes that h consists of for the pattern of r.
func routeOf(h http.Handler, r *http.Request) string {
	switch h := h.(type) {
	case *http.ServeMux:
		_, pattern := h.Handler(r)
		return pattern
	case router:
		return h.route(r)
	}
	return ""
}

// router is a handler of this package that passes requests on.
type router interface{ route(*http.Request) string }
