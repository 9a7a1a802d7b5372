package httpserver

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// routed returns a handler with every layer that an application's handler may have.
func routed(t *testing.T, h http.HandlerFunc) http.Handler {
	t.Helper()
	other := http.NewServeMux()
	other.Handle("GET /other/{id}", h)
	pass := func(h http.Handler) http.Handler { return http.StripPrefix("", h) }
	content, err := assemble([]Route{{"GET /items/{id}", h}}, []Middleware{{"pass", 0, pass}}, other)
	if err != nil {
		t.Fatal(err)
	}
	return &app.Health{Live: h, Ready: h, Startup: h, Next: content}
}

func TestOldestRequestIsNamedByItsRoute(t *testing.T) {
	t.Parallel()
	began, end := make(chan struct{}, 8), make(chan struct{})
	r := serveOn(t, routed(t, func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path, r.Method = "/mine", "MINE" // a handler may do that
		began <- struct{}{}
		<-end
	}))
	defer close(end)
	for _, tt := range []struct{ line, want string }{
		{"GET /items/7?q=1", "GET GET /items/{id}"},
		{"GET /other/8", "GET GET /other/{id}"},
		{"GET /livez", "GET /livez"},
	} {
		r.dial().send(tt.line + " HTTP/1.1\r\nHost: test\r\n\r\n")
		<-began
		list := r.server.oldest(9)
		youngest := list[len(list)-1]
		if got := youngest.method + " " + youngest.route; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.line, got, tt.want)
		}
	}
	ages := r.server.oldest(9)
	if len(ages) != 3 || !slices.IsSortedFunc(ages, func(a, b running) int { return int(b.age - a.age) }) || ages[2].age <= 0 {
		t.Errorf("got %v, want three requests, the oldest first", ages)
	}
	if got := r.server.oldest(1); len(got) != 1 || got[0].route != "GET /items/{id}" {
		t.Errorf("got %v, want the oldest only", got)
	}
	if got := r.app.Wiring().InFlight(1); len(got) != 1 || got[0].Server != "http" || got[0].Method != "GET" || got[0].Path != "/items/7" || got[0].For <= 0 {
		t.Errorf("as all servers say it: got %v", got)
	}
	for _, f := range r.app.Wiring().Metrics() {
		if f.Name == "http_oldest_request_seconds" {
			if got := fmt.Sprint(f.Labels); got != "[server http]" || f.Value <= 0 {
				t.Errorf("got %s %v, want its age, and no label that changes", got, f.Value)
			}
		}
	}
}

func TestRequestsThatEndedAreNotInFlight(t *testing.T) {
	t.Parallel()
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
	}))
	r.dial().get("/")
	r.dial().send("GET /panic HTTP/1.1\r\nHost: test\r\n\r\n")
	await(t, "the end of both", func() bool { return len(r.server.oldest(9)) == 0 && r.server.inFlight.len() > 0 })
}

func (q *requests) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all)
}

// The records of a crowd that is gone do not stay for ever.
func TestRecordsOfRequestsAreGivenUp(t *testing.T) {
	var q requests
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	var crowd []*record
	for range 1000 {
		crowd = append(crowd, q.begin(r, 1))
	}
	for _, one := range crowd {
		q.end(one)
	}
	clear(crowd)
	await(t, "fewer records", func() bool {
		runtime.GC()
		for range 2000 {
			q.add()
			if q.len() < 900 {
				return true
			}
		}
		return false
	})
}

// It runs alone: a stop leaves the twentieth part of its time for the cut.
func TestCutNamesTheOldestRequests(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	r := serveOn(t, routed(t, func(http.ResponseWriter, *http.Request) { close(began); <-end }), stopTimeout(5*time.Second))
	r.dial().send("GET /items/7 HTTP/1.1\r\nHost: test\r\n\r\n")
	<-began
	r.stop(app.Reason{Kind: app.Requested})
	r.wait()
	close(end)
	notes := r.noted("connections cut: their requests did not end in time")
	if len(notes) != 1 || !strings.Contains(fmt.Sprint(notes[0].Attrs), "GET /items/{id}") {
		t.Errorf("got %v, want one note with the route", notes)
	}
}

// Java offers HTTP/2 with every request. Those are requests like others: in flight,
// and with everything that net/http's writer can do.
func TestRequestWithAnOfferToUpgradeIsARequest(t *testing.T) {
	t.Parallel()
	began, end := make(chan struct{}), make(chan struct{})
	r := serveOn(t, routed(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 {
			_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4))
			http.Error(w, fmt.Sprint(err), http.StatusRequestEntityTooLarge)
			return
		}
		began <- struct{}{}
		<-end
	}))
	for _, offer := range []string{"h2c", "websocket"} {
		c := r.dial()
		c.send("GET /items/7 HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: " + offer + "\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
		<-began
		if got := r.app.Wiring().InFlight(1); len(got) != 1 || got[0].Route != "GET /items/{id}" {
			t.Errorf("%s: got %v in flight, want the request", offer, got)
		}
		end <- struct{}{}
		c.receive()
	}
	c := r.dial()
	c.send("GET /items/7 HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1000\r\n\r\n" + strings.Repeat("x", 1000))
	if res, body := c.receive(); res.StatusCode != http.StatusRequestEntityTooLarge || !res.Close {
		t.Errorf("got %d %q, close %v, want what MaxBytesReader makes of it", res.StatusCode, body, res.Close)
	}
}

// A connection that has been taken over no longer counts as a request.
func TestConnectionTakenOverIsNotInFlight(t *testing.T) {
	t.Parallel()
	taken, end := make(chan struct{}), make(chan struct{})
	r := serveOn(t, takeOver(t, func(_ *http.Request, nc io.ReadWriteCloser) {
		close(taken)
		<-end
		nc.Close()
	}))
	c := r.dial()
	c.upgrade()
	<-taken
	if got := r.app.Wiring().InFlight(1); len(got) != 0 {
		t.Errorf("got %v in flight", got)
	}
	close(end)
}
