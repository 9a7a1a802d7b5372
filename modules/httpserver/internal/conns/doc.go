// Package conns tracks the connections of one HTTP server from accept to the end:
// it knows in which phase each is, so that one between two requests can be closed,
// or given to another process, without the loss of a byte. net/http serves the
// connections and does not notice: what it does to them, reads, deadlines and the
// ConnState hook, shows where each of them is.
//
// The door of the package is [Set]. Behind it, a [Tracked] stands between net/http
// and each socket:
//
//	tracked.go         the phases, and the reads and deadlines that change them
//	sockets.go         the connections that net/http gets, by kind of socket
//	drain.go           closes what is idle, and waits for the rest
//	room.go            how many connections there may be
//	move.go            connections that go to a successor
//	rest.go            connections that give up goroutine and buffers while idle
//	rest_sweep.go      when they do, and what ends it
//	hijacked.go        connections that handlers have taken over
//	waiter.go          handlers that want to know when the drain begins
//	stall.go, body.go  clients that make no progress
//	close_header.go    the goodbye of HTTP/1
//	http2.go, http2conn.go  connections of HTTP/2
//	goaway.go          their goodbye
//	http2_move.go      those that go to a successor
//
// The request path costs a few atomic operations without contention, no lock and no
// allocation.
package conns
