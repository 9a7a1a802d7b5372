// Package h2move lets a connection of HTTP/2 move to another process between two
// requests, while its client notices nothing.
//
// A [Conn] stands between net/http's HTTP/2 and the connection. It follows the
// frames of both directions (RFC 9113), and knows when nothing is under way: no
// stream, no SETTINGS or PING without an answer, no part of a frame. What it cannot
// know is the table of the client's HPACK encoder. So it takes that away first: a
// SETTINGS_HEADER_TABLE_SIZE of 0, which the client acknowledges, makes every later
// header block do without the table (RFC 7541, section 4.2). The table of our
// encoder needs nothing: what a fresh encoder refers to are the newest entries of
// the client's table, and those are its entries.
//
//	              net/http                        net/http, new
//	frames ───► Conn ─── leaves with ─► State ───► Conn ◄─── preface, SETTINGS
//	              │                                  │       and window of the client
//	           client ◄──────────────────────────────┘       instead of the client
//
// In the new process the server of HTTP/2 begins anew. The Conn plays the beginning
// of the client to it, and keeps its answers to that from the client: the first
// acknowledgement, and windows that the client has already.
package h2move
