// Package gotests serves for Go's own tests of net/http: where they let an
// httptest.Server serve, a server of this project does.
package gotests

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// served says once that the tests reach this project.
var served = sync.OnceFunc(func() { fmt.Fprintln(os.Stderr, "\ngotests: served by us") })

// given is a listener that is open already.
type given struct{ net.Listener }

// Listen implements app.Sockets.
func (g given) Listen(context.Context, string, string, string) (net.Listener, error) {
	return g.Listener, nil
}

// Serve serves hs on l, through TLS where secure is not nil, until l is closed. It
// blocks until every connection is, as the httptest.Server expects, and closes
// started when it serves: some tests count goroutines from then on.
func Serve(hs *http.Server, l net.Listener, secure *tls.Config, started chan<- struct{}) {
	if _, ok := l.(*net.TCPListener); !ok {
		close(started)
		servePlain(hs, l, secure)
		return
	}
	served()
	if hs.TLSConfig = secure; secure != nil {
		leaveHTTP2ToUs(hs)
	}
	a, conf := app.New("test"), httpserver.DefaultConfig()
	conf.Addr, conf.RestAfter, conf.Linger = "127.0.0.1:0", 0, 0
	if os.Getenv("GOTESTS_VARIANT") == "at rest" {
		conf.RestAfter = 1 // every connection rests as soon as it can
	}
	stop := app.DefaultStop()
	stop.Timeout = 15 * time.Second // the test answers the rest, but may forget a hijacked connection
	a.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return stop })
	graph := fx.New(fx.NopLogger, fx.Supply(a), config.Module,
		fx.Provide(func() app.Sockets { return given{l} }),
		fx.Decorate(func() *config.Value[httpserver.Config] { return config.Static(conf) }),
		httpserver.Manage(func() *http.Server { return hs }))
	if err := graph.Err(); err != nil {
		panic(err)
	}
	_ = a.Start(context.Background()) // it fails if l is closed before it is over
	close(started)
	_, _ = a.Wait(context.Background()) // that l is closed is the reason to stop
}

// servePlain serves as if this project were not there: on a network in memory,
// whose time stands still while a goroutine waits for the system, as the one does
// that lets connections rest.
func servePlain(hs *http.Server, l net.Listener, secure *tls.Config) {
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	_ = hs.Serve(l)
}

// leaveHTTP2ToUs takes away net/http's own HTTP/2, which the tests set up by a
// function that no application can call.
func leaveHTTP2ToUs(hs *http.Server) {
	if _, set := hs.TLSNextProto["h2"]; set {
		hs.TLSNextProto = nil
	}
}
