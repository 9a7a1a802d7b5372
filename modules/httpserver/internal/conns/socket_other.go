//go:build !unix

package conns

import "net"

// hasInput cannot look into a socket here. The read that ended without a byte an instant
// ago was the last look.
func hasInput(net.Conn) bool { return false }
