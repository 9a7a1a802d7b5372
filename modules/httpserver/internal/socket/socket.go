// Package socket asks the system about the socket of a connection. It exists since
// each system answers in another way, or not at all.
package socket

import "net"

// Sending reports whether bytes are on their way to the client, and how many it has
// acknowledged so far. A client that is gone or does not read acknowledges no more.
// socket is a connection or an *os.File. It is false on other systems than Linux.
func Sending(socket any) (pending bool, acked uint64) { return sending(socket) }

// HasInput reports whether bytes wait in the socket nc. It does not block.
func HasInput(nc net.Conn) bool { return hasInput(nc) }

// HasInputAt is HasInput for a descriptor.
func HasInputAt(fd int) bool { return hasInputAt(fd) }

// Known reports whether the system knows nc: it is a socket.
func Known(nc net.Conn) bool { return known(nc) }

// IsClosed reports whether this process has closed the socket nc.
func IsClosed(nc net.Conn) bool { return isClosed(nc) }

// Descriptor returns the number of the socket; -1 if it is closed, or has none.
func Descriptor(nc net.Conn) int { return descriptor(nc) }

// Below finds the socket that nc is, or that lies below it.
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
