//go:build unix && !linux

package descriptor

import "golang.org/x/sys/unix"

// The periods of keep-alive have different names on these systems. There they are
// Go's defaults after an upgrade.
var options = [...]option{
	{unix.IPPROTO_TCP, unix.TCP_NODELAY},
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
}
