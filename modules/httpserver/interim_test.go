package httpserver

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// An interim response is net/http's, byte by byte, even while the server leaves.
// The final one says goodbye, once.
func TestInterimResponsesSayNoGoodbye(t *testing.T) {
	interim := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // answered with 100 if the client expects that
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusProcessing)
		w.WriteHeader(http.StatusEarlyHints)
		switch r.URL.Path {
		case "/write":
			io.WriteString(w, "hello")
		case "/status":
			w.WriteHeader(http.StatusNoContent)
		case "/flush":
			w.(http.Flusher).Flush()
		}
	}
	backend := serveOn(t, http.HandlerFunc(interim))
	target, _ := url.Parse("http://" + backend.addr)
	secure, _ := withTLS(t, "test")
	lameDuck := rigOption(func(_ *http.Server, _ *Config, s *app.StopConfig) { s.LameDuck = s.Timeout })
	for _, proto := range []string{"HTTP/1.1", "HTTP/1.0"} {
		for name, h := range map[string]http.Handler{"handler": http.HandlerFunc(interim), "proxy": httputil.NewSingleHostReverseProxy(target)} {
			for _, opt := range []rigOption{nil, secure} {
				for _, path := range []string{"/write", "/status", "/flush", "/nothing"} {
					t.Run(fmt.Sprintf("%s %s tls %v %s", proto, name, opt != nil, path[1:]), func(t *testing.T) {
						opts := []rigOption{lameDuck}
						if opt != nil {
							opts = append(opts, opt)
						}
						r := serveOn(t, h, opts...)
						c := r.dial()
						if opt != nil {
							c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
						}
						r.term()
						await(t, "lame duck", r.server.conns.Leaving)
						fmt.Fprintf(c.Conn, "POST %s %s\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", path, proto)
						all, err := io.ReadAll(c.Conn)
						if err != nil {
							t.Fatal(err)
						}
						heads := strings.Split(string(all), "\r\n\r\n")
						final := -1
						for i, head := range heads {
							if strings.HasPrefix(head, proto+" 1") {
								if strings.Contains(head, "Connection") {
									t.Errorf("an interim response says goodbye: %q", head)
								}
								continue
							}
							final = i
							if strings.Count(head, "Connection: close") != 1 {
								t.Errorf("the final response says goodbye not once: %q", head)
							}
							break
						}
						if final < 1 && proto == "HTTP/1.1" {
							t.Errorf("got no interim response: %q", all)
						}
						r.hurry()
						r.wait()
					})
				}
			}
		}
	}
}
