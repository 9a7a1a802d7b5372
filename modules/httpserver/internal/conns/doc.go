// Package conns tracks the connections of one HTTP server from accept to the end:
// it knows in which phase each is, so that one between two requests can be closed,
// or given to another process, without the loss of a byte. net/http serves the
// connections and does not notice: what it does to them, reads, deadlines and the
// ConnState hook, shows where each of them is.
//
// The door of the package is [Set]. Behind it, a [Tracked] stands between net/http
// and each socket. From the top down:
//
//	drain.go           closes what is idle, and waits for the rest
//	move.go            a hand-over to a successor begins and ends
//	stall.go           cuts clients that make no progress
//	count.go           how many connections there are, and may be
//	note.go            the ConnState hook of net/http
//	kept*.go           connections that move while their handlers run
//	http2_move.go      connections of HTTP/2 that move
//	rest_sweep.go      when connections rest, and what ends it
//	rest.go            one that gives up goroutine and buffers while idle
//	handoff.go         one that goes to the successor, or comes back
//	add.go             one that begins
//	of.go, context.go  from what net/http and handlers know of one to ours
//	sockets.go         what net/http gets, by kind of socket
//	io.go              its reads, writes and deadlines
//	http2.go           what becomes of it with the preface of HTTP/2
//	goodbye.go         a response that announces the end of the connection
//	leaving.go         whether one may move
//	set.go, list.go    all connections, and whether any is left
//	tracked.go         what is known of one
//	phase.go           the phases
//
// What needs no knowledge of these is in packages beside it: stall, lifetime,
// queue, waiters, hijacked, unacked, resting, h2conn, stream and tlsmove.
//
// The request path costs a few atomic operations without contention, no lock and no
// allocation.
package conns
