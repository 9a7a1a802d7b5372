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

// during starts an application on graceful.Core and a free port, calls use with the
// URL of its server, and stops it.
func during(use func(url string), opts ...fx.Option) {
	var server *httpserver.Server
	shop := fx.New(fx.NopLogger, graceful.Core, fx.Options(opts...), fx.Populate(&server))
	ctx := context.Background()
	if err := shop.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	use("http://" + server.Addr().String())
	if err := shop.Stop(ctx); err != nil {
		fmt.Println(err)
	}
}

// show prints the protocol and the body of a response.
func show(client *http.Client, url string) {
	res, err := client.Get(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Printf("%s %s\n", res.Proto, body)
}

var freePort = httpserver.Tune("a free port", 0, func(hs *http.Server) { hs.Addr = "127.0.0.1:0" })

type todos struct{}

func newTodos() *todos { return &todos{} }

func newList(*todos) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "milk") })
}

func logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// Routes and middleware come from anywhere in the graph. Their place among the
// options does not matter, so each middleware has an order.
func Example_routes() {
	during(func(url string) { show(http.DefaultClient, url+"/api/todos") },
		httpserver.Module,
		freePort,
		fx.Provide(newTodos),
		httpserver.Handle("GET /api/todos", newList),
		httpserver.Use("log", 10, logRequests),
	)
	// Output:
	// GET /api/todos
	// HTTP/1.1 milk
}

// What has no setting is a field of the *http.Server: here HTTP/2 without TLS, as
// clients of gRPC need it.
func ExampleTune() {
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: h2c}}
	during(func(url string) { show(client, url+"/api/todos") },
		httpserver.Module,
		freePort,
		fx.Provide(newTodos),
		httpserver.Handle("GET /api/todos", newList),
		httpserver.Tune("h2c", 0, func(hs *http.Server) {
			hs.Protocols = new(http.Protocols)
			hs.Protocols.SetHTTP1(true)
			hs.Protocols.SetUnencryptedHTTP2(true)
		}),
	)
	// Output: HTTP/2.0 milk
}

// An application with its own *http.Server gives its constructor to Manage,
// and drops the hooks that started and stopped it.
func ExampleManage() {
	during(func(url string) { show(http.DefaultClient, url) },
		fx.Provide(newTodos),
		httpserver.Manage(func(t *todos) *http.Server {
			return &http.Server{Addr: "127.0.0.1:0", Handler: newList(t)}
		}),
	)
	// Output: HTTP/1.1 milk
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
	during(func(url string) { show(http.DefaultClient, url) },
		httpserver.Module,
		freePort,
		fx.Provide(newTodos, newList),
		httpserver.WrapListener("", func(ln net.Listener) net.Listener { return counted{ln, &n} }),
	)
	fmt.Println(n.Load(), "connection")
	// Output:
	// HTTP/1.1 milk
	// 1 connection
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

// ticks is a stream of events that ends by itself when the server drains; its
// client reconnects to the next process.
func ticks(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, "data: hello\n\n")
	_ = http.NewResponseController(w).Flush()
	for tick := time.Tick(time.Minute); ; {
		select {
		case now := <-tick:
			fmt.Fprintf(w, "data: %s\n\n", now)
			_ = http.NewResponseController(w).Flush()
		case <-app.Draining(r.Context()):
			fmt.Fprint(w, "data: goodbye\n\n")
			return
		case <-r.Context().Done():
			return
		}
	}
}

// A stop does not wait for a stream that looks at Draining.
func Example_stream() {
	var stream io.ReadCloser
	during(func(url string) {
		res, err := http.Get(url + "/ticks")
		if err != nil {
			fmt.Println(err)
			return
		}
		stream = res.Body
	},
		httpserver.Module,
		freePort,
		httpserver.Handle("GET /ticks", ticks),
	)
	text, err := io.ReadAll(stream)
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// data: hello
	//
	// data: goodbye
	//
	// <nil>
}
