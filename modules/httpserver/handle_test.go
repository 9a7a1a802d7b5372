package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// keptAlive reports whether a connection is open after its first response.
func keptAlive(r *rig) bool {
	c := r.dial()
	res, _ := c.get("/")
	return !res.Close
}

// What the application has done to its server applies to every copy of it.
func TestDisabledKeepAlivesSurviveAReload(t *testing.T) {
	t.Parallel()
	r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.SetKeepAlivesEnabled(false) })).ours()
	for i := range 3 {
		if keptAlive(r) {
			t.Errorf("keep-alives are enabled after %d reloads", i)
		}
		r.change(func(c *Config) { c.IdleTimeout = time.Duration(i+1) * time.Hour })
	}
}

func TestKeepAlivesCanBeDisabledWhileServing(t *testing.T) {
	t.Parallel()
	r := serveOn(t, http.HandlerFunc(hello)).ours()
	idle := r.dial()
	if res, _ := idle.get("/"); res.Close {
		t.Error("keep-alives are disabled")
	}
	r.server.http.SetKeepAlivesEnabled(false)
	idle.wantClosed()
	r.change(func(c *Config) { c.IdleTimeout = time.Hour })
	if keptAlive(r) {
		t.Error("keep-alives are enabled after a reload")
	}
}

// An event stream that ends when the functions of RegisterOnShutdown are called
// does not hold up a stop, as with Shutdown.
func TestRegisterOnShutdownIsCalledWhenTheDrainBegins(t *testing.T) {
	for _, why := range []app.Reason{{Kind: app.Requested}, {Kind: app.Replaced}} {
		t.Run(why.Kind.String(), func(t *testing.T) {
			t.Parallel()
			done, calls := make(chan struct{}), make(chan string, 9)
			r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				<-done
				io.WriteString(w, "goodbye")
			}), tuned(func(hs *http.Server) {
				hs.RegisterOnShutdown(func() { calls <- "tuned"; close(done) })
			}))
			r.server.http.RegisterOnShutdown(func() { calls <- "late" })
			c := r.dial()
			c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
			r.awaitPhase(conns.Busy, 1)
			r.stop(why)
			if _, body := c.receive(); body != "goodbye" {
				t.Errorf("got %q", body)
			}
			if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > 10*time.Second {
				t.Errorf("got %v, want nothing cut, and no wait", got)
			}
			if len(calls) != 2 {
				t.Errorf("got %d calls, want two", len(calls))
			}
		})
	}
}

// They are called while the drain still waits for a request, not when it has ended.
func TestRegisterOnShutdownDoesNotWaitForRequests(t *testing.T) {
	d := newDoor()
	called := make(chan struct{})
	r := serveOn(t, d, tuned(func(hs *http.Server) { hs.RegisterOnShutdown(func() { close(called) }) }))
	c := r.dial()
	c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	<-d.entered
	r.term()
	select {
	case <-called:
	case <-time.After(patience):
		t.Error("not called while a request is in flight")
	}
	close(d.leave)
	c.receive()
	if got := r.wait().Counts(); got["drained"] != 1 || got["cut"] != 0 {
		t.Errorf("got counts %v, want drained 1 and nothing cut", got)
	}
}

// The drain does not wait for them, and they do not wait for the drain.
func TestRegisterOnShutdownThatBlocksHoldsNoStop(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	r := serveOn(t, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.RegisterOnShutdown(func() { <-release }) }))
	r.term()
	if got := r.wait(); got.Down > 10*time.Second {
		t.Errorf("stopped in %v", got.Down)
	}
	notes := r.noted("functions of RegisterOnShutdown have not returned; the stop goes on")
	if len(notes) != 1 || !strings.Contains(fmt.Sprint(notes[0].Attrs), "httpserver.TestRegisterOnShutdownThatBlocksHoldsNoStop") {
		t.Errorf("got notes %v, want one that names the function", notes)
	}
}

func TestApplicationThatEndsItsServerStops(t *testing.T) {
	tests := map[string]func(*http.Server) error{
		"Shutdown": func(hs *http.Server) error { return hs.Shutdown(context.Background()) },
		"Close":    (*http.Server).Close,
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := make(chan struct{}, 9)
			r := newRig(t, nil, http.HandlerFunc(hello), tuned(func(hs *http.Server) { hs.RegisterOnShutdown(func() { calls <- struct{}{} }) }))
			if err := r.app.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := end(r.server.http); err != nil {
				t.Fatal(err)
			}
			report, err := r.app.Wait(t.Context())
			if got := report.Reason; got.Kind != app.ServeFailed || got.Code != 1 || !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("got %+v, %v, want a server that has been closed", got, err)
			}
			if len(calls) != 1 {
				t.Errorf("the functions of RegisterOnShutdown were called %d times, want once", len(calls))
			}
		})
	}
}

func TestHandlerFindsTheServerOfTheApplication(t *testing.T) {
	for _, proto := range []string{"plain", "HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			found := make(chan any, 1)
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { found <- r.Context().Value(http.ServerContextKey) })
			var r *rig
			if proto == "plain" {
				r = serveOn(t, h)
				r.dial().get("/")
			} else {
				opt, _ := withTLS(t, "test")
				r = serveOn(t, h, opt)
				c := secure(proto)
				defer c.CloseIdleConnections()
				res, err := c.Get("https://" + r.addr)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
			}
			if got := <-found; got != r.server.http {
				t.Errorf("got %v, want the application's server", got)
			}
		})
	}
}
