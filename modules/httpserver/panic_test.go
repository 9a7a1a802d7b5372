package httpserver

import (
	"errors"
	"io"
	"log"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// As with net/http the response is cut, so that no client takes it for whole.
func TestPanicCutsTheResponseAndIsReportedOnce(t *testing.T) {
	errBoom := errors.New("boom")
	tests := []struct {
		name    string
		handler http.HandlerFunc
		notes   int
	}{
		{"before anything was written", func(http.ResponseWriter, *http.Request) { panic(errBoom) }, 1},
		{"after a header was set", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", "y"); panic("boom") }, 1},
		{"after the header was written", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); panic(errBoom) }, 1},
		{"in the middle of the body", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("x", 1<<16))
			panic(errBoom)
		}, 1},
		{"on purpose", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		{"with nil, which GODEBUG allows", func(http.ResponseWriter, *http.Request) { panic(nil) }, 0},
		{"by the end of the goroutine", func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, 0},
	}
	t.Setenv("GODEBUG", "panicnil=1")
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, tt := range tests {
			t.Run(proto+" "+tt.name, func(t *testing.T) {
				r := serveOn(t, tt.handler, tuned(func(hs *http.Server) { hs.Protocols = protocols(proto) }))
				transport := &http.Transport{Protocols: protocols(proto)}
				defer transport.CloseIdleConnections()
				res, err := (&http.Client{Transport: transport}).Get("http://" + r.addr + "/path")
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
				if err == nil {
					t.Errorf("got a complete response with status %d, want it cut", res.StatusCode)
				}
				notes := r.noted("panic in a handler")
				if len(notes) != tt.notes || len(r.noted("net/http")) != 0 {
					t.Fatalf("got %d notes and %v from net/http, want %d", len(notes), r.noted("net/http"), tt.notes)
				}
				for _, n := range notes {
					var text strings.Builder
					for _, a := range n.Attrs {
						text.WriteString(a.String() + "\n")
					}
					for _, want := range []string{"method=GET", "path=/path", "remote=127.0.0.1:", "panic_test.go"} {
						if n.Err == nil || n.Err.Error() != "boom" || !strings.Contains(text.String(), want) {
							t.Errorf("got %v with %s, want boom with %s", n.Err, &text, want)
						}
					}
				}
			})
		}
	}
}

// protocols returns Protocols with only the one called proto, without TLS.
func protocols(proto string) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(proto == "HTTP/1.1")
	p.SetUnencryptedHTTP2(proto == "HTTP/2.0")
	return p
}

func TestPanicReachesTheErrorLogOfTheApplication(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			lines := make(chan string, 1)
			opt, _ := withTLS(t, "test")
			r := serveOn(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), opt,
				tuned(func(hs *http.Server) { hs.ErrorLog = log.New(lineWriter(lines), "", 0) }))
			c := secure(proto)
			defer c.CloseIdleConnections()
			if res, err := c.Get("https://" + r.addr); err == nil {
				t.Errorf("got %s, want no response", res.Status)
			}
			line := <-lines
			for _, want := range []string{": panic serving 127.0.0.1:", ": boom\n", "panic_test.go"} {
				if !strings.Contains(line, want) {
					t.Errorf("got %s, want %q in it", line, want)
				}
			}
			if n := len(r.noted("panic in a handler")); n != 1 {
				t.Errorf("got %d notes as well, want 1", n)
			}
		})
	}
}

// lineWriter sends each line of a log.
type lineWriter chan<- string

func (w lineWriter) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}
