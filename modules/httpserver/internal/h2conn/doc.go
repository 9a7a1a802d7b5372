// Package h2conn wraps the connection between net/http's HTTP/2 and its client. It
// follows the frames in both directions, and writes frames between two of
// net/http's: the goodbye in two steps, and resets of streams whose window stays
// full.
package h2conn
