package systemd

import (
	"net"
	"testing"
)

func TestServes(t *testing.T) {
	tcp := func(ip string, port int) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: port} }
	unix := func(network, name string) net.Addr { return &net.UnixAddr{Net: network, Name: name} }
	for _, test := range []struct {
		have             net.Addr
		network, address string
		want             bool
	}{
		{tcp("127.0.0.1", 8080), "tcp", "127.0.0.1:8080", true},
		{tcp("127.0.0.1", 8080), "tcp", "127.0.0.1:8081", false},
		{tcp("127.0.0.1", 8080), "tcp", "127.0.0.2:8080", false},
		{tcp("127.0.0.1", 8080), "tcp", ":8080", false},
		{tcp("::", 8080), "tcp", ":8080", true},
		{tcp("0.0.0.0", 8080), "tcp", ":8080", true},
		{tcp("::", 8080), "tcp", "0.0.0.0:8080", true},
		{tcp("0.0.0.0", 8080), "tcp", "[::]:8080", true},
		{tcp("::", 80), "tcp", ":http", true},
		{tcp("::", 8080), "tcp", "127.0.0.1:8080", false},
		{tcp("::1", 8080), "tcp", "[::1]:8080", true},
		{tcp("::1", 8080), "tcp4", "[::1]:8080", false},
		{tcp("127.0.0.1", 8080), "tcp6", "127.0.0.1:8080", false},
		{tcp("::", 8080), "tcp4", ":8080", true},
		{tcp("127.0.0.1", 8080), "tcp", "localhost:8080", true},
		{tcp("::", 8080), "tcp", ":0", false},
		{tcp("::", 8080), "tcp", "8080", false},
		{tcp("::", 8080), "udp", ":8080", false},
		{tcp("::", 8080), "unix", ":8080", false},
		{&net.UDPAddr{IP: net.IPv6zero, Port: 53}, "udp", ":53", true},
		{&net.UDPAddr{IP: net.IPv6zero, Port: 53}, "tcp", ":53", false},
		{unix("unix", "/run/todo.sock"), "unix", "/run/todo.sock", true},
		{unix("unix", "/run/todo.sock"), "unixpacket", "/run/todo.sock", false},
		{unix("unix", "@todo"), "unix", "@todo", true},
		{unix("unix", ""), "unix", "", false},
	} {
		if got := serves(t.Context(), test.have, test.network, test.address); got != test.want {
			t.Errorf("%s %s for %s %s: got %v, want %v", test.have.Network(), test.have, test.network, test.address, got, test.want)
		}
	}
}
