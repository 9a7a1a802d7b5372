package httpserver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// door is a handler that reports when it was entered and waits until it may leave.
type door struct{ entered, leave chan struct{} }

func newDoor() *door { return &door{entered: make(chan struct{}), leave: make(chan struct{})} }

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.entered <- struct{}{}
	<-d.leave
	hello(w, r)
}

func TestStopLetsRequestInFlightFinish(t *testing.T) {
	d := newDoor()
	r := serveOn(t, d, linger(0))
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-d.entered
	r.term()
	r.awaitUnbind()
	await(t, "closed port", func() bool {
		nc, err := net.Dial("tcp", r.addr)
		if err == nil {
			nc.Close()
		}
		return err != nil
	})
	close(d.leave)
	if _, body := c.receive(); body != "hello" {
		t.Errorf("got %q, want hello", body)
	}
	if got := r.wait().Counts(); got["drained"] != 1 || got["cut"] != 0 {
		t.Errorf("got counts %v, want drained 1 and nothing cut", got)
	}
}

func TestStopAnswersIdleConnectionWithinLinger(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), linger(time.Minute))
	used, fresh := r.dial(), r.dial()
	if res, _ := used.get("/"); res.Close {
		t.Error("got Connection: close before the stop")
	}
	r.awaitPhase(conns.Parked, 2)
	r.term()
	r.awaitUnbind()
	for _, c := range []*client{used, fresh} {
		res, body := c.get("/")
		if !res.Close || body != "hello" {
			t.Errorf("got close %v, body %q, want a goodbye", res.Close, body)
		}
		c.wantClosed()
	}
	if got := r.wait().Counts(); got["drained"] != 2 || got["idle_closed"] != 0 {
		t.Errorf("got counts %v, want drained 2, idle_closed 0", got)
	}
}

func TestStopClosesIdleConnectionsAfterLinger(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), linger(30*time.Millisecond))
	used, fresh := r.dial(), r.dial()
	used.get("/")
	r.awaitPhase(conns.Parked, 2)
	r.term()
	used.wantClosed()
	fresh.wantClosed()
	if got := r.wait().Counts(); got["idle_closed"] != 2 || got["cut"] != 0 {
		t.Errorf("got counts %v, want idle_closed 2 and nothing cut", got)
	}
}

func TestInterruptDoesNotLinger(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), linger(time.Hour))
	c := r.dial()
	c.get("/")
	r.stop(app.Reason{Kind: app.Signalled, Signal: os.Interrupt})
	c.wantClosed()
	r.wait()
}

func TestDeadlineCancelsRequestsWithTheReasonThenCuts(t *testing.T) {
	t.Parallel()
	cause := make(chan error, 1)
	entered := make(chan struct{}, 2)
	stuck := make(chan struct{})
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		if r.URL.Path == "/stuck" {
			<-stuck
			return
		}
		<-r.Context().Done()
		cause <- context.Cause(r.Context())
	}), stopTimeout(15*time.Second))
	t.Cleanup(func() { close(stuck) })
	for _, path := range []string{"/stuck", "/polite"} {
		r.dial().send("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
		<-entered
	}
	r.term()
	report := r.wait()
	var reason *app.Reason
	if err := <-cause; !errors.As(err, &reason) || reason.By != "SIGTERM" {
		t.Errorf("got cause %v, want the reason of the stop", err)
	}
	if got := report.Counts(); got["cut"] != 1 {
		t.Errorf("got counts %v, want cut 1", got)
	}
	if len(report.Abandoned()) > 0 || report.State != app.StateStopped {
		t.Errorf("got %v, want a clean stop", report)
	}
}

func TestHurryCutsAtOnce(t *testing.T) {
	d := newDoor()
	r := serveOn(t, d, stopTimeout(2*time.Minute))
	t.Cleanup(func() { close(d.leave) })
	r.dial().send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-d.entered
	r.term()
	r.awaitUnbind()
	r.app.Hurry(app.Reason{Kind: app.Signalled, By: "second SIGTERM"})
	if got := r.wait(); got.Counts()["cut"] != 1 || got.Down > 10*time.Second {
		t.Errorf("got %v, want cut 1 long before the budget ends", got)
	}
}

func TestStopWithoutClientsLosesNoTime(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), linger(time.Hour))
	r.term()
	if got := r.wait().Down; got > 5*time.Second {
		t.Errorf("stop took %v", got)
	}
}

// Functions registered for Shutdown are called by a stop, though late: app.Draining
// and OnDrain are for code that must know early.
func TestStopCallsWhatIsRegisteredForShutdown(t *testing.T) {
	called := make(chan struct{})
	r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.RegisterOnShutdown(func() { close(called) }) }))
	r.term()
	r.wait()
	select {
	case <-called:
	case <-time.After(patience):
		t.Error("it was not called")
	}
}

func TestRequestThatIsCancelledIsNotDrained(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		w.WriteHeader(http.StatusServiceUnavailable)
	}), stopTimeout(15*time.Second)) // of which a handler has 0.3 s to notice
	c := r.dial()
	c.send("GET /long HTTP/1.1\r\nHost: test\r\n\r\n")
	<-entered
	began := time.Now()
	r.term()
	if res, _ := c.receive(); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %s", res.Status)
	}
	if took := time.Since(began); took < 12*time.Second {
		t.Errorf("the request was cancelled after %v of 15s", took)
	}
	if got := r.wait().Counts(); got["cancelled"] != 1 || got["drained"] != 0 || got["cut"] != 0 {
		t.Errorf("got counts %v, want cancelled 1 and nothing else", got)
	}
	if notes := r.noted("requests cancelled: they did not end in time"); len(notes) != 1 {
		t.Errorf("got %d warnings", len(notes))
	}
}

func TestAnswerToTheFirstSignOfADrainSaysGoodbye(t *testing.T) {
	for round := range 20 {
		entered := make(chan struct{})
		r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			entered <- struct{}{}
			<-app.Draining(r.Context())
			hello(w, r)
		}), linger(0))
		c := r.dial()
		c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		<-entered
		r.term()
		if res, body := c.receive(); !res.Close || body != "hello" {
			t.Fatalf("round %d: got close %v and %q, want hello and the goodbye", round, res.Close, body)
		}
		if got := r.wait().Counts()["drained"]; got != 1 {
			t.Fatalf("round %d: got %d drained, want 1", round, got)
		}
	}
}
