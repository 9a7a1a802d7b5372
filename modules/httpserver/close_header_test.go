package httpserver

import (
	"net/http"
	"testing"
)

func TestResponseInFlightSaysGoodbye(t *testing.T) { responsesSayGoodbye(t) }

func TestResponseInFlightThroughTLSSaysGoodbye(t *testing.T) {
	responsesSayGoodbye(t, throughTLS(t, nil))
}

func responsesSayGoodbye(t *testing.T, opts ...rigOption) {
	tests := []struct {
		name, request string
		before        func(http.ResponseWriter) // while serving
		after         func(http.ResponseWriter) // while leaving
		close         bool
		body          string
	}{
		{"small", "GET / HTTP/1.1", nil, func(w http.ResponseWriter) { hello(w, nil) }, true, "hello"},
		{"empty", "GET / HTTP/1.1", nil, func(http.ResponseWriter) {}, true, ""},
		{"large", "GET / HTTP/1.1", nil, func(w http.ResponseWriter) { w.Write(make([]byte, 1<<20)) }, true, string(make([]byte, 1<<20))},
		{"header set before", "GET / HTTP/1.1", func(w http.ResponseWriter) { w.WriteHeader(201) }, func(w http.ResponseWriter) { hello(w, nil) }, true, "hello"},
		{"after early hints", "GET / HTTP/1.1", func(w http.ResponseWriter) { w.WriteHeader(103) }, func(w http.ResponseWriter) { hello(w, nil) }, true, "hello"},
		{"says so itself", "GET / HTTP/1.1", nil, func(w http.ResponseWriter) { w.Header().Set("Connection", "close"); hello(w, nil) }, true, "hello"},
		{"HTTP/1.0", "GET / HTTP/1.0", nil, func(w http.ResponseWriter) { hello(w, nil) }, true, "hello"},
		{"stream that began before", "GET / HTTP/1.1", func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, func(w http.ResponseWriter) { hello(w, nil) }, false, "hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entered, leave := make(chan struct{}), make(chan struct{})
			r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.before != nil {
					tt.before(w)
				}
				close(entered)
				<-leave
				tt.after(w)
			}), append(opts, linger(0))...)
			c := r.dial()
			c.send(tt.request + "\r\nHost: test\r\n\r\n")
			<-entered
			r.term()
			r.awaitUnbind()
			close(leave)
			var res *http.Response
			var body string
			for res == nil || res.StatusCode < 200 {
				res, body = c.receive()
			}
			if res.Close != tt.close || body != tt.body {
				t.Errorf("got close %v and %d bytes, want %v and %d", res.Close, len(body), tt.close, len(tt.body))
			}
			if n := len(res.Header.Values("Connection")); n > 1 {
				t.Errorf("got %d Connection headers", n)
			}
			c.wantClosed()
			if got := r.wait().Counts(); got["drained"] != 1 || got["cut"] != 0 {
				t.Errorf("got counts %v, want drained 1 and nothing cut", got)
			}
		})
	}
}
