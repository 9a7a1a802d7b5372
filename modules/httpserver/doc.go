// Package httpserver is the door of the process: it serves HTTP in the phases of the app's plan and loses nothing on
// the way out that it could keep.
//
// # Up
//
// Bind opens the listening socket, so that a busy port fails the start before anything else starts. Serve begins to
// accept when everything has started. If serving fails later, the application stops with exit code 1.
//
// # Down
//
//	LameDuck  go on accepting; every response says Connection: close
//	Unbind    empty the accept queue, close the listening socket
//	Drain     requests in flight finish; idle connections linger for http.linger, so that a request which is on its
//	          way is answered, and are closed after a last look into the socket
//	          shortly before the end: the contexts of requests are cancelled, their Cause is the *app.Reason
//	          at the end: what is left is cut, counted and reported
//
// http.Server.Shutdown has no part in this but to mark the empty server: it throws away requests that it has received
// completely and closes idle connections under the next request of their clients.
//
// # What is not promised
//
// HTTP/1.1 has no way to announce the end of an idle connection, so a request that is sent in the very moment when a
// connection has lingered long enough is lost; its client sees a closed connection without a response. A client that
// dials after Unbind is refused.
package httpserver
