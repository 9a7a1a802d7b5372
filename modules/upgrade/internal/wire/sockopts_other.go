//go:build unix && !linux

package wire

import "golang.org/x/sys/unix"

// The periods of keep-alive have other names on each of these systems: there
// they are Go's default after an upgrade.
var options = [...]option{
	{unix.IPPROTO_TCP, unix.TCP_NODELAY},
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
}
