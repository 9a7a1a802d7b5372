// Package conformance holds the server up to judges from outside: h2spec, and
// the WebSocket libraries that people use. It is a module of its own, so that
// none of them is in the graph of the framework.
package conformance
