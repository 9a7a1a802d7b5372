package httpserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"
)

// When timeouts end a request, and when they do not run.
var promisesOfTime = map[string]func(*testing.T, serving){
	"a handshake that stalls is ended": func(t *testing.T, serve serving) {
		hs := withOwnCertificate(t, http.HandlerFunc(hello))
		hs.ReadHeaderTimeout = brief
		c := connect(t, serve(t, hs))
		c.send("\x16\x03\x01")
		if got, err := io.ReadAll(c.br); len(got) > 0 || err != nil {
			t.Errorf("got %q, %v, want the end", got, err)
		}
	},
	"the time for a header does not run while the connection is idle": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(hello), ReadHeaderTimeout: brief, IdleTimeout: time.Minute}))
		for range 2 {
			if _, got := c.get("/"); got != "hello" {
				t.Errorf("got %q", got)
			}
			<-time.After(2 * brief) // longer than the timeout, which is net/http's
		}
		c.send("GET / H")
		if got, err := io.ReadAll(c.br); err != nil { // net/http says 408 or nothing
			t.Errorf("got %q, %v, want the end", got, err)
		}
	},
	"the time for a header that comes in pieces runs from its first bytes": func(t *testing.T, serve serving) {
		hs := withOwnCertificate(t, http.HandlerFunc(hello))
		hs.ReadHeaderTimeout, hs.IdleTimeout = brief, time.Hour
		c := secureConnect(t, serve(t, hs))
		if _, got := c.get("/"); got != "hello" {
			t.Errorf("got %q", got)
		}
		for _, piece := range []string{"GET / H", "TTP/1.1\r\n", "Host: "} {
			c.send(piece)
		}
		if got, err := io.ReadAll(c.br); err != nil {
			t.Errorf("got %q, %v, want the end", got, err)
		}
	},
	"nor does it run for the body": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(echo), ReadHeaderTimeout: brief}))
		c.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n")
		<-time.After(2 * brief) // as above
		c.send("abc")
		if _, got := c.receive(); got != "abc" {
			t.Errorf("got %q", got)
		}
	},
	"deadlines of a handler hold for its request only": func(t *testing.T, serve serving) {
		addr := serve(t, &http.Server{WriteTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			if r.URL.Path == "/read" {
				rc.SetReadDeadline(time.Now().Add(brief / 5))
				_, err := io.ReadAll(r.Body)
				fmt.Fprint(w, errors.Is(err, os.ErrDeadlineExceeded))
				return
			}
			rc.SetWriteDeadline(time.Now().Add(time.Hour))
			rc.SetReadDeadline(time.Now().Add(time.Hour))
			hello(w, r)
		})})
		c := connect(t, addr)
		for range 2 {
			if _, got := c.get("/"); got != "hello" {
				t.Errorf("got %q", got)
			}
		}
		c.send("POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n")
		if res, got := c.receive(); got != "true" || !res.Close {
			t.Errorf("got %q, close %v", got, res.Close)
		}
	},
	"a write deadline that is over cuts the response": func(t *testing.T, serve serving) {
		c := connect(t, serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second))
			w.Write(make([]byte, 1<<20))
		})}))
		c.send(ask("GET", "/", "", ""))
		if got, err := io.ReadAll(c.br); len(got) > 0 || err != nil {
			t.Errorf("got %d bytes, %v, want the end", len(got), err)
		}
	},
}
