// Package h2move lets an HTTP/2 connection move to another process between two
// requests, without its client noticing.
//
// A [Conn] wraps the connection of net/http's HTTP/2. It follows the frames of both
// directions (RFC 9113), and knows when nothing is under way: no stream, no
// SETTINGS or PING without an answer, no part of a frame. It cannot know the table
// of the client's HPACK encoder. So it first makes the client drop it: after a
// SETTINGS_HEADER_TABLE_SIZE of 0, which the client acknowledges, no header block
// uses the table (RFC 7541, section 4.2). The table of our encoder needs nothing: a
// fresh encoder refers only to the newest entries of the client's table, and those
// are its entries.
//
//	              net/http                        net/http, new
//	frames ───► Conn ─── leaves with ─► State ───► Conn ◄─── preface, SETTINGS
//	              │                                  │       and window of the client
//	           client ◄──────────────────────────────┘       instead of the client
//
// In the new process the HTTP/2 server begins afresh. The Conn sends it what a
// client sends first, and withholds the answers to that from the client: the first
// acknowledgement, and windows that the client already has.
package h2move
