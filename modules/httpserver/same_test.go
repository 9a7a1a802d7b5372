package httpserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// zoo is a handler with one path for each promise of net/http to handlers and
// clients.
func zoo(gone chan<- error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", hello)
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/chunked", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 3 {
			fmt.Fprintln(w, i)
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		io.WriteString(w, "body")
		w.Header().Set("Sum", "42")
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		hello(w, r)
	})
	mux.HandleFunc("/close", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Connection", "close"); hello(w, r) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "half")
	})
	mux.HandleFunc("/unread", hello)
	mux.HandleFunc("/limited", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4)); err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		}
	})
	mux.HandleFunc("/range", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
	})
	mux.HandleFunc("/deadline", func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		if err := rc.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
			panic(err)
		}
		_, err := io.ReadAll(r.Body)
		var ne net.Error
		fmt.Fprint(w, errors.As(err, &ne) && ne.Timeout())
	})
	mux.HandleFunc("/duplex", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, http.NewResponseController(w).EnableFullDuplex() == nil)
		http.NewResponseController(w).Flush()
		io.Copy(w, r.Body)
	})
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, _ *http.Request) {
		nc, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer nc.Close()
		line, _ := rw.ReadString('\n')
		fmt.Fprintf(rw, "raw %s", line)
		rw.Flush()
	})
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/gone", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		gone <- context.Cause(r.Context())
	})
	return mux
}

func ask(method, path, header, body string) string {
	if body != "" {
		header += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + header + "\r\n" + body
}

// conversations is what clients send, in one write for each element.
var conversations = map[string][]string{
	"get":                    {ask("GET", "/hello", "", "")},
	"head":                   {ask("HEAD", "/hello", "", "")},
	"options of the server":  {"OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n"},
	"not found":              {ask("GET", "/nothing", "", "")},
	"no content":             {ask("GET", "/status", "", "")},
	"post":                   {ask("POST", "/echo", "", "hello")},
	"chunked request":        {"POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n", "0\r\n\r\n"},
	"chunked response":       {ask("GET", "/chunked", "", "")},
	"trailer":                {ask("GET", "/trailer", "TE: trailers\r\n", "")},
	"early hints":            {ask("GET", "/hints", "", "")},
	"two in a row":           {ask("GET", "/hello", "", ""), ask("GET", "/chunked", "", "")},
	"pipelined":              {ask("GET", "/hello", "", "") + ask("POST", "/echo", "", "abc") + ask("GET", "/hello", "", "")},
	"empty lines after post": {ask("POST", "/echo", "", "abc") + "\r\n" + ask("GET", "/hello", "", "")},
	"cut in the header":      {ask("GET", "/hello", "", "")[:20], ask("GET", "/hello", "", "")[20:]},
	"HTTP/1.0":               {"GET /hello HTTP/1.0\r\n\r\n"},
	"HTTP/1.0 keep-alive":    {"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /hello HTTP/1.0\r\n\r\n"},
	"client wants to close":  {ask("GET", "/hello", "Connection: close\r\n", "")},
	"handler wants to close": {ask("GET", "/close", "", "")},
	"expect continue":        {"POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "abc"},
	"expect, not read":       {"POST /unread HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"},
	"unknown expectation":    {ask("GET", "/hello", "Expect: nothing\r\n", "")},
	"body not read":          {ask("POST", "/unread", "", "body"), ask("GET", "/hello", "", "")},
	"body too large":         {ask("POST", "/limited", "", "much too large")},
	"short response":         {ask("GET", "/short", "", "")},
	"range":                  {ask("GET", "/range", "Range: bytes=2-4\r\n", "")},
	"not modified":           {ask("GET", "/range", "If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\r\n", "")},
	"read deadline":          {"POST /deadline HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n"},
	"full duplex":            {ask("POST", "/duplex", "", "abc")},
	"hijack":                 {ask("GET", "/hijack", "", "") + "line\n"},
	"hijack late":            {ask("GET", "/hijack", "", ""), "line\n"},
	"abort":                  {ask("GET", "/abort", "", "")},
	"no host":                {"GET /hello HTTP/1.1\r\n\r\n"},
	"bad request line":       {"nonsense\r\n\r\n"},
	"bad header":             {ask("GET", "/hello", "no colon\r\n", "")},
	"two lengths":            {ask("GET", "/hello", "Content-Length: 1\r\nContent-Length: 2\r\n", "")},
	"unknown encoding":       {ask("POST", "/echo", "Transfer-Encoding: gzip\r\n", "")},
	"header too large":       {ask("GET", "/hello", "X: "+strings.Repeat("x", 80<<10)+"\r\n", "")},
	"unknown version":        {"GET /hello HTTP/3.0\r\nHost: test\r\n\r\n"},
	"HTTP/2 by surprise":     {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
}

var date = regexp.MustCompile(`Date: [^\r]*`)

// A client cannot tell this server from bare net/http: to the same bytes it answers
// the same bytes.
func TestClientsGetTheSameBytesAsFromBareNetHTTP(t *testing.T) {
	gone := make(chan error, 2)
	want, got := bare(t, zoo(gone)), ours(t, zoo(gone))
	for name, writes := range conversations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, want := converse(t, got, writes), converse(t, want, writes); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// converse sends each write when the one before has had its effect, if it has one,
// and returns everything that is answered until the server closes the connection or
// nothing more comes.
func converse(t *testing.T, addr string, writes []string) string {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var answer strings.Builder
	br := bufio.NewReader(nc)
	listen := func(d time.Duration) (open bool) {
		nc.SetReadDeadline(time.Now().Add(d))
		_, err := io.Copy(&answer, br)
		var ne net.Error
		return errors.As(err, &ne) && ne.Timeout()
	}
	for _, w := range writes {
		io.WriteString(nc, w)
		listen(100 * time.Millisecond)
	}
	nc.(*net.TCPConn).CloseWrite()
	if listen(patience) {
		answer.WriteString("(still open)")
	}
	return date.ReplaceAllString(answer.String(), "Date: now")
}

func TestClientThatGoesAwayCancelsItsRequest(t *testing.T) {
	gone := make(chan error, 1)
	nc, err := net.Dial("tcp", ours(t, zoo(gone)))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(nc, ask("GET", "/gone", "", ""))
	nc.Close()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context cancelled", err)
	}
}
