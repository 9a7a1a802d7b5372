// Package conns tracks the connections of one HTTP server from accept to the end.
// It knows in which phase each is, so that a connection between two requests can be
// closed, or given to another process, without the loss of a byte. net/http serves
// the connections and does not notice: its reads, its deadlines and its ConnState
// hook show where each of them is.
//
// The package is used through [Set]. Inside, a [Tracked] wraps each socket for
// net/http. From the top down:
//
//	drain.go           closes what is idle, and waits for the rest
//	move.go            a hand-over to a successor begins and ends
//	stall.go           cuts clients that make no progress
//	count.go           how many connections there are, and may be
//	note.go            the ConnState hook of net/http
//	kept*.go           connections that move while their handlers run
//	http2_move.go      HTTP/2 connections that move
//	rest_sweep.go      when connections rest, and what ends it
//	rest.go            a connection that gives up goroutine and buffers while idle
//	handoff.go         a connection that goes to the successor, or comes back
//	add.go             a connection that begins
//	of.go, context.go  from net/http's connection or context to the Tracked
//	sockets.go         what net/http gets, by kind of socket
//	io.go              its reads, writes and deadlines
//	http2.go           a connection after the preface of HTTP/2
//	goodbye.go         a response that announces the end of the connection
//	leaving.go         whether a connection may move
//	set.go, list.go    all connections, and whether any is left
//	tracked.go         what is known of a connection
//	phase.go           the phases
//
// Code that does not depend on these is in packages beside it: stall, lifetime,
// queue, waiters, hijacked, unacked, resting, h2conn, stream and tlsmove.
//
// The request path costs a few atomic operations without contention, no lock and no
// allocation.
package conns
