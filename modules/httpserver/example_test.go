package httpserver_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

type todos struct{}

func newTodos() *todos { return &todos{} }

func newList(*todos) http.Handler { return http.NotFoundHandler() }

func logRequests(next http.Handler) http.Handler { return next }

// Routes and middleware come from anywhere in the graph. Their place among the
// options does not matter, so each middleware has an order.
func Example_routes() {
	_ = fx.Options(
		fx.Provide(newTodos),
		httpserver.Handle("GET /api/todos", newList),
		httpserver.Use("log", 10, logRequests),
		httpserver.Tune("no limit", 0, func(hs *http.Server) { hs.MaxHeaderBytes = http.DefaultMaxHeaderBytes }),
	)
}

// An application with its own *http.Server gives its constructor to Manage,
// and drops the hooks that started and stopped it.
func ExampleManage() {
	_ = httpserver.Manage(func(t *todos) *http.Server {
		return &http.Server{Addr: ":8080", Handler: newList(t)}
	})
}

// Endpoints that are not public get another server, with the section http.internal.
func ExampleNamed() {
	var a *app.App
	shop := fx.New(fx.NopLogger, graceful.Core,
		httpserver.Named("internal", "127.0.0.1:0", func() http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "metrics") })
		}),
		fx.Populate(&a))
	ctx := context.Background()
	fmt.Println(shop.Start(ctx))
	for _, at := range a.Addresses() {
		fmt.Println(at.Server)
	}
	fmt.Println(shop.Stop(ctx))
	// Output:
	// <nil>
	// http.internal
	// <nil>
}

// counted is a listener that counts the connections that it has accepted.
type counted struct {
	net.Listener
	n *atomic.Int64
}

func (l counted) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		l.n.Add(1)
	}
	return nc, err
}

// A layer below TLS and HTTP. Programs that need one usually take it from a
// library, such as one for the PROXY protocol.
func ExampleWrapListener() {
	var n atomic.Int64
	_ = httpserver.WrapListener("", func(ln net.Listener) net.Listener { return counted{ln, &n} })
}

// socket stands for a connection of a WebSocket library.
type socket interface {
	io.Closer
	Read() error
}

var accept func(http.ResponseWriter, *http.Request) (socket, error)

// A WebSocket is closed with status 1001 at a stop, and has time to answer.
func ExampleOnDrain() {
	_ = func(w http.ResponseWriter, r *http.Request) {
		ws, err := accept(w, r)
		if err != nil {
			return
		}
		defer ws.Close()
		defer httpserver.OnDrain(r.Context(), func() { _ = httpserver.GoingAway(ws) })()
		for ws.Read() == nil {
		}
	}
}

// A stream of events ends by itself when the server drains; its client reconnects
// to the next process.
func Example_stream() {
	_ = func(w http.ResponseWriter, r *http.Request) {
		for tick := time.Tick(time.Second); ; {
			select {
			case now := <-tick:
				fmt.Fprintf(w, "data: %s\n\n", now)
				_ = http.NewResponseController(w).Flush()
			case <-app.Draining(r.Context()):
				return
			case <-r.Context().Done():
				return
			}
		}
	}
}
