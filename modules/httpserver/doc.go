// Package httpserver serves HTTP in the phases of the app's plan. On the way down
// it loses no request that it could answer.
//
//	fx.New(graceful.Module, fx.Provide(newHandler)).Run() // an http.Handler
//
// An application needs these names first:
//
//   - [Handle] and [AsRoute] add routes, [Use] adds a middleware;
//   - [Tune] changes the *http.Server, [Config] has the settings of its section;
//   - [Named] adds another server, [Manage] takes over that of the application;
//   - [OnDrain] ends long requests when a stop begins;
//   - [Keep] lets long requests move to the new process in an upgrade.
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
//	Unbind    connections in the accept queue are accepted, then the listening sockets
//	          close; functions of OnDrain and RegisterOnShutdown are called
//	Drain     requests in flight finish; idle connections linger for http.linger, so
//	          that a request which is on its way is answered, and are closed after a
//	          last look into the socket;
//	          shortly before the end: the contexts of requests are cancelled, their
//	          Cause is the *app.Reason;
//	          at the end: what is left is cut, counted and reported
//
// Goodbye is Connection: close in HTTP/1, also for a response whose handler ran
// before the stop began, and GOAWAY in two steps in HTTP/2. The server ends as soon
// as the last connection has ended.
//
// http.Server.Shutdown drops requests that it has received completely
// (golang/go#75591) and closes idle connections under the next request of their
// clients (golang/go#65802). So it is called only on servers without connections.
// Functions given to http.Server.RegisterOnShutdown are called in Unbind; nothing
// waits for them.
//
// # What handlers and clients see
//
// The request path is that of net/http: the same bytes, the same interfaces of the
// ResponseWriter, sendfile, and no additional allocation. Hijack in answer to an
// Upgrade or CONNECT returns the *net.TCPConn itself; in answer to another request
// it returns a connection that embeds it, whose method NetConn returns it.
// A panic of a handler is reported once, with its stack, and cuts the response as
// with net/http; a handler that recovers, as most routers have, answers 500.
//
// # What is not promised
//
// HTTP/1.1 has no way to announce the end of an idle connection, so a request that
// is sent at the very moment when a connection has lingered long enough is lost;
// its client sees a closed connection without a response. A client that dials after
// Unbind is refused. A TLS connection that has moved from another process is not a
// *tls.Conn for a handler that takes it over, and its ExportKeyingMaterial returns
// an error. Only on Linux is a client detected that takes no more of its response.
// Connections to an address that a reload has given up live on until they end.
//
// Routers and listeners, as recipes:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#routers
package httpserver
