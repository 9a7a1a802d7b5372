// Package h2conn stands between net/http's HTTP/2 and the connection of its client.
// It follows the frames that pass, and writes frames between two of net/http's: the
// goodbye in two steps, and resets of streams that find no room.
package h2conn
