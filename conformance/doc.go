// Package conformance tests the server with outside tools: h2spec, and the
// WebSocket libraries in common use. It is a separate module, so that
// none of them is in the graph of the framework.
package conformance
