package etcd_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/config"
)

const key = "/todo/config.yaml"

// store is a real etcd, behind a line that can be cut or made to hang.
type store struct {
	t      *testing.T
	dir    string
	etcd   *embed.Etcd
	direct *clientv3.Client
	line   *line
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{t: t, dir: t.TempDir()}
	addr := s.begin()
	t.Cleanup(func() { s.etcd.Close() })
	s.line = newLine(t, addr)
	return s
}

// begin starts etcd with what is in its directory.
func (s *store) begin() (addr string) {
	s.t.Helper()
	conf := embed.NewConfig()
	conf.Dir, conf.UnsafeNoFsync = s.dir, true
	conf.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	any := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	conf.ListenClientUrls, conf.AdvertiseClientUrls, conf.ListenPeerUrls, conf.AdvertisePeerUrls = any, any, any, any
	conf.InitialCluster = conf.InitialClusterFromName(conf.Name)
	e, err := embed.StartEtcd(conf)
	if err != nil {
		s.t.Fatal(err)
	}
	<-e.Server.ReadyNotify()
	addr = e.Clients[0].Addr().String()
	direct, err := clientv3.New(clientv3.Config{Endpoints: []string{addr}, Logger: zap.NewNop()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = direct.Close() })
	s.etcd, s.direct = e, direct
	return addr
}

// restart stops etcd, and starts it again at another address behind the same line.
func (s *store) restart() {
	s.t.Helper()
	s.etcd.Close()
	s.line.cut(true)
	addr := s.begin()
	s.line.mu.Lock()
	s.line.addr = addr
	s.line.mu.Unlock()
	s.line.cut(false)
}

func (s *store) put(text string) (revision int64) {
	s.t.Helper()
	res, err := s.direct.Put(context.Background(), key, text)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.Header.Revision
}

// secure lets in only the user root, with that password.
func (s *store) secure(password string) {
	s.t.Helper()
	ctx := context.Background()
	_, err1 := s.direct.RoleAdd(ctx, "root")
	_, err2 := s.direct.UserAdd(ctx, "root", password)
	_, err3 := s.direct.UserGrantRole(ctx, "root", "root")
	_, err4 := s.direct.AuthEnable(ctx)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		s.t.Fatal(err)
	}
}

// line passes bytes on to addr.
type line struct {
	net.Listener

	mu    sync.Mutex // guards everything below
	addr  string
	conns map[net.Conn]bool
	taken int           // connections so far
	dead  bool          // takes connections and says nothing
	slow  time.Duration // passes each answer on so much later
}

func newLine(t *testing.T, addr string) *line {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: ln, addr: addr, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.serve(in) })
		}
	})
	t.Cleanup(func() { ln.Close(); l.cut(true); all.Wait() })
	return l
}

func (l *line) serve(in net.Conn) {
	l.mu.Lock()
	l.conns[in] = true
	l.taken++
	dead, addr := l.dead, l.addr
	l.mu.Unlock()
	defer in.Close()
	if dead {
		_, _ = io.Copy(io.Discard, in)
		return
	}
	out, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.conns[out] = true
	l.mu.Unlock()
	// Not from socket to socket: the kernel would copy through pipes, which look
	// as if the application had left them open.
	go func() { _, _ = io.Copy(struct{ io.Writer }{out}, in); out.Close() }()
	_, _ = io.Copy(late{in, l}, out)
}

// late writes as late as its line is slow.
type late struct {
	io.Writer
	line *line
}

func (w late) Write(p []byte) (int, error) {
	w.line.mu.Lock()
	slow := w.line.slow
	w.line.mu.Unlock()
	<-time.After(slow) // a slow line
	return w.Writer.Write(p)
}

func (l *line) accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken
}

func (l *line) delay(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slow = d
}

// cut breaks the connections; dead says whether later ones get no answer.
func (l *line) cut(dead bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = dead
	for c := range l.conns {
		c.Close()
		delete(l.conns, c)
	}
}

type limits struct {
	Size int `config:"size"`
	More int `config:"more"`
}

// instance is one instance of an application that gets its limits from a store.
type instance struct {
	*apptest.App
	limits *config.Value[limits]
	store  *config.Store
	notes  chan app.Note
}

func newInstance(t *testing.T, endpoint, dir string, o etcd.Options) *instance {
	t.Helper()
	t.Setenv("TODO_ETCD_ENDPOINTS", endpoint)
	t.Setenv("TODO_ETCD_DIR", dir)
	t.Setenv("TODO_HTTP_ADDR", "127.0.0.1:0")
	o.StartTimeout = cmp.Or(o.StartTimeout, time.Minute) // an etcd that is only slow is not away
	x := &instance{notes: make(chan app.Note, 100)}
	x.App = apptest.New(t, graceful.Name("todo"), etcd.Module(o),
		config.Section[limits]("limits"), fx.Populate(&x.limits, &x.store),
		fx.Invoke(func(a *app.App) {
			a.Observe(func(e app.Event) {
				if n, ok := e.(app.Noted); ok {
					x.notes <- n.Note
				}
			})
		}))
	return x
}

// await waits for a reload with that result.
func (x *instance) await(t *testing.T, want config.Result) config.Report {
	t.Helper()
	return x.awaitReport(t, string(want), func(r config.Report) bool { return r.Result == want && r.Trigger == "etcd" })
}

// awaitSize waits until that size is in force, whatever came before it.
func (x *instance) awaitSize(t *testing.T, want int) {
	t.Helper()
	x.awaitReport(t, fmt.Sprintf("to size %d", want), func(config.Report) bool { return x.limits.Get().Size == want })
}

func (x *instance) awaitReport(t *testing.T, what string, ok func(config.Report) bool) config.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := x.store.Await(ctx, ok)
	if err != nil {
		t.Fatalf("no reload was %s; the last: %s", what, r.Text())
	}
	return r
}

func (x *instance) wantNote(t *testing.T, text string) app.Note {
	t.Helper()
	patience := time.After(time.Minute)
	for {
		select {
		case n := <-x.notes:
			if strings.HasPrefix(n.Text, text) {
				return n
			}
		case <-patience:
			t.Fatalf("no note said %q", text)
		}
	}
}

func (x *instance) wantSize(t *testing.T, want int) {
	t.Helper()
	if got := x.limits.Get().Size; got != want {
		t.Errorf("got size %d in force, want %d", got, want)
	}
}

// awaitFigure waits until a metric has a value. Metrics have no events.
func (x *instance) awaitMetric(t *testing.T, name string, want float64) {
	t.Helper()
	for end := time.Now().Add(time.Minute); x.metric(name) != want; {
		if time.Now().After(end) {
			t.Fatalf("%s is %v, not %v", name, x.metric(name), want)
		}
		<-time.After(time.Millisecond) // a metric has no event to wait for
	}
}

func (x *instance) metric(name string) float64 {
	for _, f := range x.Wiring().Metrics() {
		if f.Name == name {
			return f.Value
		}
	}
	return -1
}
