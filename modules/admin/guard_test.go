package admin

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestBadInputIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	r.edit(t, "greeting: {text: changed, port: 1}")
	for _, c := range []struct {
		name, method, path, body string
		header                   map[string]string
		status                   int
		want                     string
	}{
		{"malformed", "POST", "/v1/reload", "{", nil, 400, "cannot decode the body"},
		{"not an object", "POST", "/v1/reload", "[1]", nil, 400, "cannot decode the body"},
		{"unknown field", "POST", "/v1/reload", `{"dryrun": true}`, nil, 400, "dryrun"},
		{"two objects", "POST", "/v1/reload", `{}{}`, nil, 400, "more than one JSON object"},
		{"too large", "POST", "/v1/reload", `{"if_match": "` + strings.Repeat("x", maxBody) + `"}`, nil, 413, "larger"},
		{"if_match of another", "POST", "/v1/stop", `{"now": "yes"}`, nil, 400, "now"},
		{"body where none is", "POST", "/v1/drain", `{"now": true}`, nil, 400, "now"},
		{"upgrade with a body", "POST", "/v1/upgrade", `{"binary": "/bin/sh"}`, nil, 400, "binary"},
		{"a list for an object", "POST", "/v1/stop", "[]", nil, 400, "must be a JSON object, not array"},
		{"nested beyond sense", "POST", "/v1/reload", strings.Repeat("[", maxBody), nil, 400, "max depth"},
		{"null", "POST", "/v1/log-level", `{"level": 7}`, nil, 400, "level must be a string, not number"},
		{"GET changes nothing", "GET", "/v1/reload", "", nil, 405, "not for GET, but for POST"},
		{"HEAD changes nothing", "HEAD", "/v1/stop", "", nil, 405, ""},
		{"a method in a header", "GET", "/v1/stop", "", map[string]string{"X-HTTP-Method-Override": "POST"}, 405, "not for GET"},
		{"PUT", "PUT", "/v1/stop", "", nil, 405, "not for PUT, but for POST"},
		{"foreign origin", "POST", "/v1/reload", "", map[string]string{"Origin": "https://evil.example"}, 403, "cross-origin"},
		{"origin null", "POST", "/v1/reload", "", map[string]string{"Origin": "null"}, 403, "cross-origin"},
		{"cross-site", "POST", "/v1/stop", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "another origin"},
		{"cross-site read", "GET", "/debug/pprof/profile", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "another origin"},
		{"rebinding", "POST", "/v1/reload", "", map[string]string{"Host": "evil.example:80", "Origin": "http://evil.example:80"}, 403, "loopback"},
		{"rebinding read", "GET", "/v1/config", "", map[string]string{"Host": "evil.example"}, 403, "loopback"},
		{"nothing there", "GET", "/v2/status", "", nil, 404, "there is no /v2/status"},
		{"no such profile", "GET", "/debug/pprof/passwd", "", nil, 404, "no profile"},
	} {
		status, body := r.raw(t, c.method, c.path, c.body, c.header)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: got %d %s, want %d with %q", c.name, status, body, c.status, c.want)
		}
		if c.method != "HEAD" && decode[Refusal](t, body).Error == "" {
			t.Errorf("%s: no reason in %s", c.name, body)
		}
	}
	if got := r.value.Get().Text; got != "hello" || r.app.State() != app.StateReady {
		t.Errorf("something changed: %q, %v", got, r.app.State())
	}
	if n, note := r.noted("admin request refused"); n == 0 || note.Err == nil {
		t.Errorf("got %d notes of refusals", n)
	}
	counts := map[string]float64{}
	for _, f := range r.server.metrics() {
		counts[f.Name] = f.Value
	}
	if counts["admin_requests_refused_total"] != 6 || counts["admin_requests_bad_total"] != 17 {
		t.Errorf("counted %v refusals and %v bad requests, want 6 and 17", counts["admin_requests_refused_total"], counts["admin_requests_bad_total"])
	}
}

// A client that begins a body and stops does not hold a connection for ever.
func TestStalledBodyIsGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	nc, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "POST /v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	if err := nc.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(nc)
	if err != nil || !strings.Contains(string(answer), "400 Bad Request") || !strings.Contains(string(answer), "is incomplete") {
		t.Errorf("got %v, %s", err, answer)
	}
}

func FuzzHosts(f *testing.F) {
	for _, host := range []string{"localhost", "127.0.0.1:1", "[::1]:9", "evil.example", "[::ffff:127.0.0.1]", "127.0.0.1\x00.evil"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !loopbackHost(host) {
			return
		}
		name := host
		if h, _, err := net.SplitHostPort(host); err == nil {
			name = h
		}
		if ip := net.ParseIP(strings.Trim(name, "[]")); name != "" && name != "localhost" && name != clientHost && (ip == nil || !ip.IsLoopback()) {
			t.Errorf("%q was taken for this machine", host)
		}
	})
}

func TestHostsOfThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "localhost:9000": true, "127.0.0.1:1": true, "127.9.9.9": true, "[::1]:1": true, "[::1]": true, "admin": true, "": true,
		"evil.example": false, "localhost.evil.example": false, "10.0.0.1:80": false, "127.0.0.1.evil.example:1": false, "0.0.0.0": false, "[::]:1": false,
	} {
		if got := loopbackHost(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}

func TestOtherUsersAreRefused(t *testing.T) {
	t.Parallel()
	g := newGuard(app.New("test").Note, nil, members{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, c := range []struct {
		name string
		peer peer
		want int
	}{
		{"ours", peer{uid: os.Geteuid(), known: true, network: "unix"}, 200},
		{"root", peer{uid: 0, known: true, network: "unix"}, 200},
		{"another", peer{uid: os.Geteuid() + 4711, known: true, network: "unix"}, 403},
		{"the kernel does not say", peer{network: "unix", err: http.ErrNoCookie}, 403},
	} {
		req := httptest.NewRequest("GET", "/v1/status", nil)
		req.Host = "localhost"
		w := httptest.NewRecorder()
		g.ServeHTTP(w, req.WithContext(context.WithValue(t.Context(), peerKey{}, c.peer)))
		if w.Code != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, w.Code, w.Body, c.want)
		}
	}
}

func TestPortNeedsTheToken(t *testing.T) {
	dir := shortDir(t)
	t.Setenv("RUNTIME_DIRECTORY", dir)
	r := newRig(t, func(c *Config) { c.Addr = "127.0.0.1:0" }).start(t)
	addr := r.app.Addresses()[0].Addr
	for _, c := range []struct {
		name, path, token string
		want              int
	}{
		{"none", "/v1/status", "", 401},
		{"wrong", "/v1/status", "Bearer x", 401},
		{"empty", "/v1/status", "Bearer ", 401},
		{"another scheme", "/v1/status", "Basic " + r.server.listener.token.text, 401},
		{"right", "/v1/status", "Bearer " + r.server.listener.token.text, 200},
		{"health", "/readyz", "", 200},
	} {
		if status, body := r.raw(t, "GET", c.path, "", map[string]string{"Authorization": c.token}); status != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, status, body, c.want)
		}
	}
	c, err := Find(t.Context(), "test", Config{Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	var st Status
	if err := c.Get(t.Context(), "/v1/status", &st); err != nil || st.State != "ready" {
		t.Errorf("got %v, %v", st.State, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if fi, err := os.Stat(r.server.listener.token.path); err != nil || fi.Mode().Perm() != 0o600 || len(files) != 1 {
		t.Errorf("token file: got %v, %v among %v", fi.Mode(), err, files)
	}
	r.app.Stop(app.Reason{})
	<-r.app.Done()
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}
