// Package socket asks the system about the socket of a connection. It exists
// because each system answers in a different way, or not at all.
package socket

import "net"

// Sending reports whether bytes are on their way to the client, and returns how
// many it has acknowledged so far. A client that is gone or does not read
// acknowledges no more. socket is a connection or an *os.File. On systems other
// than Linux pending is false.
func Sending(socket any) (pending bool, acked uint64) { return sending(socket) }

// HasInput reports whether bytes wait in the socket nc. It does not block.
func HasInput(nc net.Conn) bool { return hasInput(nc) }

// HasInputAt is HasInput for a descriptor.
func HasInputAt(fd int) bool { return hasInputAt(fd) }

// Known reports whether nc is a socket of the system.
func Known(nc net.Conn) bool { return known(nc) }

// IsClosed reports whether this process has closed the socket nc.
func IsClosed(nc net.Conn) bool { return isClosed(nc) }

// Descriptor returns the number of the socket; -1 if it is closed, or has none.
func Descriptor(nc net.Conn) int { return descriptor(nc) }

// Below returns nc if it is a socket, or else the socket below it.
func Below(nc net.Conn) net.Conn {
	for {
		switch nc.(type) {
		case *net.TCPConn, *net.UnixConn:
			return nc
		}
		var next net.Conn
		switch under := nc.(type) {
		case interface{ NetConn() net.Conn }: // as of crypto/tls
			next = under.NetConn()
		case interface{ Raw() net.Conn }: // as of go-proxyproto
			next = under.Raw()
		}
		if next == nil {
			return nc
		}
		nc = next
	}
}
