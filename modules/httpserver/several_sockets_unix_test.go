//go:build unix

package httpserver

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// knock returns a client on each of the server's sockets.
func (r *rig) knock() (all []*client) {
	r.t.Helper()
	for _, addr := range r.server.Addrs() {
		nc, err := net.Dial(addr.Network(), addr.String())
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(func() { nc.Close() })
		nc.SetDeadline(time.Now().Add(patience))
		all = append(all, r.clientOn(nc))
	}
	return all
}

func refused(t *testing.T, addr net.Addr) {
	t.Helper()
	if nc, err := net.Dial(addr.Network(), addr.String()); err == nil {
		nc.Close()
		t.Errorf("%s takes connections", addr)
	}
}

func TestEverySocketOfAServerIsServedAndDrained(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	started, release := make(chan struct{}, 3), make(chan struct{})
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		started <- struct{}{}
		<-release
		hello(w, nil)
	}), linger(0), configured(func(c *Config) { c.Addr = "127.0.0.1:0, unix:" + path + ", localhost:0" }))
	want := r.app.Addresses()
	if len(want) != 3 || want[1] != (app.Address{Server: "http", Net: "unix", Addr: path}) || want[0].Addr != r.server.Addr().String() {
		t.Errorf("got addresses %v", want)
	}
	clients, addrs := r.knock(), r.server.Addrs()
	for _, c := range clients {
		c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		<-started
	}
	r.term()
	r.awaitUnbind()
	for _, addr := range addrs {
		await(t, "the socket to be closed", func() bool {
			nc, err := net.Dial(addr.Network(), addr.String())
			if err == nil {
				nc.Close()
			}
			return err != nil
		})
	}
	close(release)
	for i, c := range clients {
		if res, body := c.receive(); body != "hello" || !res.Close {
			t.Errorf("client %d: got %q, close %v", i, body, res.Close)
		}
	}
	if report := r.wait(); report.Code != 0 {
		t.Errorf("got %v", report)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("got %v, want the file removed", err)
	}
}

func TestStartThatCannotHaveOneSocketHasNone(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	path := filepath.Join(t.TempDir(), "s")
	r := newRig(t, nil, nil, configured(func(c *Config) { c.Addr = "unix:" + path + "," + busy.Addr().String() }))
	err = r.app.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "http.addr: port ") || !strings.Contains(err.Error(), " is taken") {
		t.Errorf("got %v", err)
	}
	refused(t, &net.UnixAddr{Name: path, Net: "unix"})
	if len(r.app.Addresses()) != 0 {
		t.Errorf("got %v", r.app.Addresses())
	}
}

// While a successor accepts, this process accepts from none of the sockets.
func TestEverySocketIsPaused(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), configured(func(c *Config) { c.Addr = "127.0.0.1:0,localhost:0" }))
	for _, c := range r.knock() {
		c.get("/")
	}
	r.server.group().Pause()
	for i := range r.server.group() {
		for _, c := range []*client{r.knock()[i], r.knock()[i]} { // the first may be accepted at the last moment
			c.SetReadDeadline(time.Now().Add(brief / 5))
			c.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
		}
		await(t, "a connection in the queue", func() bool { return r.server.group()[i].Queued() > 0 })
	}
	r.server.Resume()
	for _, l := range r.server.group() {
		await(t, "an empty queue", func() bool { return l.Queued() == 0 })
	}
}

func TestWildcardsOfBothFamiliesShareAPort(t *testing.T) {
	if nc, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip(err)
	} else {
		nc.Close()
	}
	var r *rig
	var err error
	for range 10 { // another process may take the port in between
		free, lerr := net.Listen("tcp", "127.0.0.1:0")
		if lerr != nil {
			t.Fatal(lerr)
		}
		port := free.Addr().(*net.TCPAddr).Port
		free.Close()
		r = newRig(t, nil, http.HandlerFunc(hello), linger(0), configured(func(c *Config) { c.Addr = fmt.Sprintf("0.0.0.0:%d, [::]:%d", port, port) }))
		if err = r.app.Start(t.Context()); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.term(); r.wait() })
	for _, host := range []string{"127.0.0.1", "::1"} {
		nc, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(r.server.Addr().(*net.TCPAddr).Port)))
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if _, body := r.clientOn(nc).get("/"); body != "hello" {
			t.Errorf("%s: got %q", host, body)
		}
	}
	if got := r.server.Addrs(); got[0].String()[:7] != "0.0.0.0" || got[1].String()[:4] != "[::]" {
		t.Errorf("got %v", got)
	}
}

func TestListOfAddressesIsReloaded(t *testing.T) {
	dir := t.TempDir()
	file, one, two := filepath.Join(dir, "app.yaml"), filepath.Join(dir, "one"), filepath.Join(dir, "two")
	set := func(addrs ...string) {
		write(t, file, fmt.Appendf(nil, "http: {linger: 0s, addr: [%s]}\n", strings.Join(addrs, ", ")))
	}
	set("'127.0.0.1:0'", "unix:"+one)
	var a *app.App
	var s *Server
	fxa := fxtest.New(t, app.Module, config.Module, config.WithFile(file), Module, fx.Populate(&a, &s),
		fx.Provide(func() http.Handler { return http.HandlerFunc(hello) }), config.WithSource(func(s *config.Source) { s.Manual = true }))
	fxa.RequireStart()
	defer fxa.RequireStop()
	r := &rig{t: t, app: a, server: s}
	before := s.Addrs()
	old := r.knock()
	reload := func() error {
		_, err := a.Do(context.Background(), app.Request{Command: app.Reload})
		return err
	}

	set("unix:"+two, "'127.0.0.1:0'")
	if err := reload(); err != nil {
		t.Fatal(err)
	}
	now := s.Addrs()
	if len(now) != 2 || now[0].String() != two || now[1].String() != before[0].String() {
		t.Errorf("got %v, want %s and the port of before, %v", now, two, before[0])
	}
	await(t, "the old socket to go", func() bool { _, err := os.Stat(one); return os.IsNotExist(err) })
	refused(t, before[1])
	for _, c := range append(old, r.knock()...) {
		if _, body := c.get("/"); body != "hello" {
			t.Errorf("got %q", body)
		}
		c.Close()
	}

	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, addrs := range map[string][]string{
		"is taken":                  {"unix:" + one, "'" + busy.Addr().String() + "'"},
		"off is for no server":      {"off", "'127.0.0.1:0'"},
		"stands twice":              {"'127.0.0.1:0'", "'127.0.0.1:0'"},
		"share an address and port": {"':8099'", "'127.0.0.1:8099'"},
	} {
		set(addrs...)
		if err := reload(); err == nil || !strings.Contains(err.Error(), "http.addr: ") || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
		if _, err := os.Stat(one); !os.IsNotExist(err) {
			t.Errorf("%s: got %v, want no socket left over", name, err)
		}
		if got := fmt.Sprint(s.Addrs()); got != fmt.Sprint(now) {
			t.Errorf("%s: got %v, want %v", name, got, now)
		}
	}
}
