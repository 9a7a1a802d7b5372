package conns

import (
	"io"
	"net"
	"testing"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// h2pair returns an HTTP/2 connection whose server only reads, and its client. What
// the server reads is written to read.
func h2pair(t *testing.T, set *Set, read ...io.Writer) (*HTTP2Conn, net.Conn) {
	client, below := net.Pipe()
	tracked := Of(set.Add(below, Options{BelowTLS: true}))
	server := NewHTTP2Conn(below, tracked)
	set.BecomeHTTP2(tracked, server.Conn, true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(io.MultiWriter(read...), server)
	}()
	t.Cleanup(func() { client.Close(); below.Close(); <-ended })
	return server, client
}

const (
	settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	stream5  = "\x00\x00\x01\x01\x05\x00\x00\x00\x05\x82"
	pong     = "\x00\x00\x08\x06\x01\x00\x00\x00\x00" + h2frame.PingData
)
