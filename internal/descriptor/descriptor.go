package descriptor

import (
	"net"
	"os"
)

// Duplicate returns another descriptor of the socket or file of c, or of the one
// that its method Descriptor returns; it is close-on-exec, and the caller closes
// it. Unlike the File method of a socket it leaves the mode of the open file alone,
// which both processes share: a listener that became blocking in one would be
// blocking in the other (golang/go#29277).
func Duplicate(c any) (fd int, err error) { return duplicate(c) }

// CloseAll closes descriptors, without those that are negative.
func CloseAll(fds []int) { closeAll(fds) }

// OpenConn makes a connection of a file, which still belongs to the caller. It is
// net.FileConn, except that options of the socket stay as they were: net.FileConn
// sets some to Go's defaults, also for another process that may still use the
// socket.
func OpenConn(f *os.File) (net.Conn, error) { return openConn(f, false) }
