// Package httpserver serves HTTP in the phases of the app's plan and loses no
// request on the way out that it could answer.
//
// # Up
//
// Bind opens the listening sockets, so that a busy port fails the start before
// anything else starts. Serve begins to accept when everything has started. If
// serving fails later, the application stops with exit code 1.
//
// # Down
//
//	LameDuck  go on accepting; every response says goodbye
//	Unbind    connections that have begun are accepted, then the listening sockets
//	          close; functions of OnDrain and RegisterOnShutdown are called
//	Drain     requests in flight finish; idle connections linger for http.linger, so
//	          that a request which is on its way is answered, and are closed after a
//	          last look into the socket;
//	          shortly before the end: the contexts of requests are cancelled, their
//	          Cause is the *app.Reason;
//	          at the end: what is left is cut, counted and reported
//
// Goodbye is Connection: close in HTTP/1, also for a response whose handler ran
// before the stop began, and GOAWAY in two steps in HTTP/2. When the last
// connection is gone, so is the server, without a pause.
//
// http.Server.Shutdown throws away requests that it has received completely
// (golang/go#75591) and closes idle connections under the next request of their
// clients (golang/go#65802). So it is called only on servers without connections.
// Functions given to http.Server.RegisterOnShutdown are called in Unbind, and not
// waited for.
//
// # What handlers and clients see
//
// The request path is net/http's own: the same bytes, the same interfaces of the
// ResponseWriter, sendfile, and no allocation more. Hijack in answer to an Upgrade
// or CONNECT gives the *net.TCPConn itself; in answer to another request it gives a
// connection that embeds it, whose method NetConn returns it.
//
// # What is not promised
//
// HTTP/1.1 has no way to announce the end of an idle connection, so a request that
// is sent in the very moment when a connection has lingered long enough is lost;
// its client sees a closed connection without a response. A client that dials after
// Unbind is refused. A connection through TLS that has moved from another process
// is no *tls.Conn for a handler that takes it over, and its ExportKeyingMaterial
// returns an error. A client that takes no more of its response is found out on
// Linux only. Connections to an address that a reload has given up live on until
// they end.
//
// Routers and listeners, as recipes:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#routers
package httpserver
