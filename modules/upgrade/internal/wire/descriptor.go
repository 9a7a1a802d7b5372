package wire

import (
	"net"
	"os"
)

// Duplicate returns another descriptor of the socket or file that c stands on, or
// that its Descriptor names; it is close-on-exec, and the caller closes it. Unlike
// the File method of a socket it leaves the mode of the open file alone, which both
// processes share: a listener that became blocking in one would be blocking in the
// other (golang/go#29277).
func Duplicate(c any) (fd int, err error) { return duplicate(c) }

// CloseFDs closes descriptors.
func CloseFDs(fds []int) { closeFDs(fds) }

// OpenConn makes a connection of a descriptor, which stays the caller's. It is
// net.FileConn, except that options of the socket stay as they were: net.FileConn
// sets some to Go's defaults, and they belong to the socket, which another
// process may still use.
func OpenConn(f *os.File) (net.Conn, error) { return openConn(f) }
